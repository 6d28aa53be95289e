package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// A messenger is a program of the operator's that carries something out of the house: an anchor by e-mail, the hash of a
// filing to an authority for time stamps.
type messenger struct {
	path    string
	args    []string
	timeout time.Duration
}

// newMessenger reads the setting of a flag: a program and its arguments, with spaces between. There is no shell, and so there are
// no quotes. It returns nil if nothing is set.
func newMessenger(flag, setting string) (*messenger, error) {
	words := strings.Fields(setting)
	if len(words) == 0 {
		return nil, nil
	}
	path, err := exec.LookPath(words[0])
	if err != nil {
		return nil, usagef("--%s %s: %v", flag, words[0], cause(errors.Unwrap(err)))
	}
	return &messenger{path, words[1:], 30 * time.Second}, nil
}

// messengerKeeps are the environment variables that the program has. The API key may stand in any of the others.
var messengerKeeps = []string{"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "TZ", "TMPDIR"}

// send starts the program with the message on stdin and waits for its end. What it prints goes nowhere: it might be
// anything. The error says how it ended.
func (m *messenger) send(ctx context.Context, message []byte) error { return m.run(ctx, message, nil) }

// ask is send, and returns what the program prints on stdout, of which there may be max bytes.
func (m *messenger) ask(ctx context.Context, message []byte, max int) ([]byte, error) {
	said := &answer{max: max}
	err := m.run(ctx, message, said)
	return said.body, err
}

// An answer takes a few bytes.
type answer struct {
	body []byte
	max  int
}

func (a *answer) Write(p []byte) (int, error) {
	if len(a.body)+len(p) > a.max {
		return 0, fmt.Errorf("it prints more than %d bytes", a.max)
	}
	a.body = append(a.body, p...)
	return len(p), nil
}

func (m *messenger) run(ctx context.Context, message []byte, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, m.timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, m.path, m.args...)
	cmd.Stdin, cmd.Stdout = bytes.NewReader(message), out
	for _, name := range messengerKeeps {
		if value, ok := os.LookupEnv(name); ok {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // ends with what it has started
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	switch {
	case ctx.Err() != nil && context.Cause(ctx) == context.DeadlineExceeded:
		return fmt.Errorf("%s: not done after %v", m.path, m.timeout)
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return fmt.Errorf("%s: %w", m.path, err)
	}
	return nil
}

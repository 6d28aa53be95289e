package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// A messenger is a program of the operator's that carries an anchor out of the house: by e-mail, to a ticket.
type messenger struct {
	path    string
	args    []string
	timeout time.Duration
}

// newMessenger reads the setting: a program and its arguments, with spaces between. There is no shell, and so there are
// no quotes. It returns nil if nothing is set.
func newMessenger(setting string) (*messenger, error) {
	words := strings.Fields(setting)
	if len(words) == 0 {
		return nil, nil
	}
	path, err := exec.LookPath(words[0])
	if err != nil {
		return nil, usagef("--anchor-command %s: %v", words[0], cause(errors.Unwrap(err)))
	}
	return &messenger{path, words[1:], 30 * time.Second}, nil
}

// messengerKeeps are the environment variables that the program has. The API key may stand in any of the others.
var messengerKeeps = []string{"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "TZ", "TMPDIR"}

// send starts the program with the message on stdin and waits for its end. What it prints goes nowhere: it might be
// anything. The error says how it ended.
func (m *messenger) send(ctx context.Context, message []byte) error {
	ctx, cancel := context.WithTimeout(ctx, m.timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, m.path, m.args...)
	cmd.Stdin = bytes.NewReader(message)
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

// Package deploy_test reads the deployment files and asserts the settings that the nightly job
// relies on: no overlap, a deadline behind the program's own, least privilege, a key that is a file.
package deploy_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"
)

// What must be between the end of fetching and the deadline: the list before it, the last commit
// and the warehouse after it.
const margin = 30 * time.Minute

func TestSystemd(t *testing.T) {
	unit := readUnit(t, "systemd/kycsync.service")
	for _, want := range []string{
		"Type=oneshot", // a timer never starts a unit that is running
		"User=kycsync", "UMask=0077", "NoNewPrivileges=yes", "CapabilityBoundingSet=", "AmbientCapabilities=",
		"ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes", "PrivateDevices=yes", "RestrictNamespaces=yes",
		"MemoryDenyWriteExecute=yes", "SystemCallFilter=@system-service", "LimitCORE=0", "MemorySwapMax=0",
		"ReadWritePaths=/var/lib/kycsync /var/lib/kycsync-lake",
		"RestartPreventExitStatus=2 3 4 6 7",
	} {
		if !slices.Contains(unit, want) {
			t.Errorf("kycsync.service: want the line %s", want)
		}
	}
	var config map[string]string
	decode(t, "systemd/kycsync.yaml", &config)
	checkDeadline(t, "TimeoutStartSec", span(t, value(t, unit, "TimeoutStartSec")), config["max-duration"])
	if stop := span(t, value(t, unit, "TimeoutStopSec")); stop < 30*time.Second {
		t.Errorf("TimeoutStopSec=%s, want 30s or more: a run commits what it has fetched", stop)
	}
	start := value(t, unit, "ExecStart")
	if !strings.Contains(start, "--api-key-file ${CREDENTIALS_DIRECTORY}/didit-api-key") || !strings.HasPrefix(value(t, unit, "LoadCredential"), "didit-api-key:/") {
		t.Errorf("ExecStart=%s: want the key as a credential's file", start)
	}
	for _, name := range []string{"lake", "warehouse"} {
		written := false
		for dir := range strings.FieldsSeq(value(t, unit, "ReadWritePaths")) {
			written = written || config[name] == dir || strings.HasPrefix(config[name], dir+"/")
		}
		if !written {
			t.Errorf("kycsync.yaml: %s %s is outside what the service may write", name, config[name])
		}
	}
	timer := readUnit(t, "systemd/kycsync.timer")
	for _, want := range []string{"OnCalendar=*-*-* 01:15:00 UTC", "Persistent=true", "Unit=kycsync.service"} {
		if !slices.Contains(timer, want) {
			t.Errorf("kycsync.timer: want the line %s", want)
		}
	}
}

// TestSystemdAnalyze lets systemd itself read the units, where it is installed.
func TestSystemdAnalyze(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed")
	}
	dir := t.TempDir()
	there := func(name string) string { // the program must exist
		return strings.ReplaceAll(read(t, name), "/usr/local/bin/kycsync", "/bin/true")
	}
	if err := os.Mkdir(filepath.Join(dir, "kycsync.service.d"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"kycsync.service": there("systemd/kycsync.service"), "kycsync.timer": read(t, "systemd/kycsync.timer"),
		"kycsync.service.d/filings.conf": there("systemd/filings.conf")} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.Command(analyze, "verify", filepath.Join(dir, "kycsync.service"), filepath.Join(dir, "kycsync.timer")).CombinedOutput()
	if err != nil || strings.Contains(string(out), dir) {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
	out, err = exec.Command(analyze, "security", "--offline=true", "--no-pager", "--threshold=20", filepath.Join(dir, "kycsync.service")).CombinedOutput()
	switch {
	case err == nil:
	case strings.Contains(string(out), "unrecognized option"):
		t.Logf("this systemd-analyze does not rate units offline")
	default:
		t.Errorf("systemd-analyze security: want an exposure of 2.0 or less: %v\n%s", err, out)
	}
}

// TestLeastPrivilege asserts that no file grants more than is needed.
func TestLeastPrivilege(t *testing.T) {
	for name, want := range map[string][]string{
		"gcs/role.yaml":             {"storage.objects.create", "storage.objects.get", "storage.objects.list"},
		"gcs/publisher-role.yaml":   {"storage.objects.delete"},
		"gcs/maintenance-role.yaml": {"storage.buckets.get", "storage.objects.create", "storage.objects.delete", "storage.objects.get", "storage.objects.list"},
	} {
		var role struct {
			IncludedPermissions []string `yaml:"includedPermissions"`
		}
		decode(t, name, &role)
		if !slices.Equal(role.IncludedPermissions, want) {
			t.Errorf("%s: %q, want %q", name, role.IncludedPermissions, want)
		}
	}
	for account, role := range map[string]string{"$sync": "kycsyncWriter", "$maintenance": "kycsyncMaintenance"} {
		if !strings.Contains(read(t, "gcs/setup.sh"), `--member="serviceAccount:`+account+`" --role="projects/$PROJECT/roles/`+role+`"`) {
			t.Errorf("setup.sh: want %s to have the role %s", account, role)
		}
	}
	granted := regexp.MustCompile(`--role="?([^"\s]+)`)
	for name, want := range map[string][]string{
		"gcs/setup.sh":       {"projects/$PROJECT/roles/kycsyncMaintenance", "projects/$PROJECT/roles/kycsyncPublisher", "projects/$PROJECT/roles/kycsyncWriter", "roles/iam.workloadIdentityUser"},
		"cloudrun/deploy.sh": {"roles/run.invoker", "roles/secretmanager.secretAccessor"},
	} {
		var got []string
		for _, m := range granted.FindAllStringSubmatch(read(t, name), -1) {
			got = append(got, m[1])
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s grants %q, want %q", name, got, want)
		}
	}
	// What may delete in the nightly account's hands may do so below published/ only, and only where that is asked for.
	asked, rest, _ := strings.Cut(read(t, "gcs/setup.sh"), "if [[ ${PUBLISH:-} == yes ]]; then\n")
	granting, after, _ := strings.Cut(rest, "\nfi\n")
	if !strings.Contains(granting, `--role="projects/$PROJECT/roles/kycsyncPublisher" \`+"\n"+`		--condition="title=kycsync-published,expression=resource.name.startsWith('$published')"`) ||
		strings.Contains(asked+after, "kycsyncPublisher") {
		t.Error("setup.sh: want kycsyncPublisher to be granted on condition, and only with PUBLISH=yes")
	}
	for _, want := range []string{"--uniform-bucket-level-access", "--public-access-prevention", "--soft-delete-duration="} {
		if !strings.Contains(read(t, "gcs/setup.sh"), want) {
			t.Errorf("setup.sh: want %s", want)
		}
	}
}

// An anchor is mailed as it came, to one address, and a sendmail that fails is told of.
func TestAnchorMail(t *testing.T) {
	dir := t.TempDir()
	fake := filepath.Join(dir, "sendmail")
	if err := os.WriteFile(fake, []byte("#!/bin/sh\necho \"$@\" >"+dir+"/args\ncat >"+dir+"/mail\n[ \"$5\" != broken@acme.example ]\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	mail := func(to, message string) error {
		cmd := exec.Command("anchor/mail.sh", "kycsync@acme.example", to)
		cmd.Stdin, cmd.Env = strings.NewReader(message), append(os.Environ(), "SENDMAIL="+fake)
		return cmd.Run()
	}
	const message = "2026-11-20T02:31:05Z lake ABC commit 42 sha256 00\n-----BEGIN SSH SIGNATURE-----\n"
	if err := mail("auditor@acme.example", message); err != nil {
		t.Fatal(err)
	}
	if got := read(t, filepath.Join(dir, "args")); got != "-i -f kycsync@acme.example -- auditor@acme.example\n" {
		t.Errorf("sendmail was started with %s", got)
	}
	head, body, _ := strings.Cut(read(t, filepath.Join(dir, "mail")), "\n\n")
	if body != message || !strings.Contains(head, "\nTo: auditor@acme.example\n") || strings.Contains(head, "commit") {
		t.Errorf("mailed was\n%s\n\n%s", head, body)
	}
	if err := mail("broken@acme.example", message); err == nil {
		t.Error("sendmail failed, and the script did not")
	}
}

func TestDockerfile(t *testing.T) {
	text := read(t, "Dockerfile")
	for _, want := range []string{
		"FROM golang:1.26-bookworm AS build", "FROM gcr.io/distroless/cc-debian12:nonroot", "USER 65532:65532",
		"CGO_ENABLED=1", "-mod=readonly", "-trimpath", `VOLUME ["/var/lib/kycsync"]`, `ENTRYPOINT ["/usr/local/bin/kycsync"]`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("Dockerfile: want %s", want)
		}
	}
	if version := regexp.MustCompile(`(?m)^go (1\.\d+)`).FindStringSubmatch(read(t, "../go.mod")); !strings.Contains(text, "golang:"+version[1]+"-") {
		t.Errorf("Dockerfile: want the Go of go.mod, %s", version[1])
	}
	// Everything is left out of the build but what is named.
	ignore := strings.Fields(regexp.MustCompile(`(?m)^#.*$`).ReplaceAllString(read(t, "Dockerfile.dockerignore"), ""))
	if want := []string{"*", "!go.mod", "!go.sum", "!cmd", "!extract", "!transform", "!load", "!schemas", "!sql"}; !slices.Equal(ignore, want) {
		t.Errorf("Dockerfile.dockerignore: %q, want %q", ignore, want)
	}
}

// TestSettings holds every setting that a file here names to the flags of the program.
func TestSettings(t *testing.T) {
	known, umask := settings(t)
	var config map[string]string
	decode(t, "systemd/kycsync.yaml", &config)
	for name := range config {
		if !known[name] {
			t.Errorf("systemd/kycsync.yaml: no setting %q", name)
		}
	}
	for _, file := range []string{"kubernetes/kycsync.yaml", "cloudrun/job.yaml", "README.md"} {
		for _, name := range regexp.MustCompile(`KYCSYNC_[A-Z_]+`).FindAllString(read(t, file), -1) {
			flag := strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(name, "KYCSYNC_"), "_", "-"))
			if !known[flag] {
				t.Errorf("%s: %s: no setting %q", file, name, flag)
			}
		}
	}
	if !umask {
		t.Errorf("main.go: want syscall.Umask(0o077): neither the container nor the job sets it")
	}
}

// settings returns the names of the program's flags, and whether main sets the umask.
func settings(t *testing.T) (known map[string]bool, umask bool) {
	t.Helper()
	files, err := filepath.Glob("../cmd/kycsync/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no source of the command: %v", err)
	}
	known = map[string]bool{}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 {
				return true
			}
			arg, ok := call.Args[0].(*ast.BasicLit)
			if !ok {
				return true
			}
			switch f := call.Fun.(type) {
			case *ast.Ident:
				if name, err := strconv.Unquote(arg.Value); err == nil && slices.Contains([]string{"text", "number", "duration", "toggle"}, f.Name) {
					known[name] = true
				}
			case *ast.SelectorExpr:
				umask = umask || f.Sel.Name == "Umask" && arg.Value == "0o077"
			}
			return true
		})
	}
	return known, umask
}

// checkDeadline asserts that a run ends by itself before it is ended.
func checkDeadline(t *testing.T, name string, deadline time.Duration, maxDuration string) {
	t.Helper()
	d, err := time.ParseDuration(maxDuration)
	if err != nil || deadline < d+margin {
		t.Errorf("%s %s: want %s more than max-duration %q (%v)", name, deadline, margin, maxDuration, err)
	}
}

// span reads a time span of systemd in hours, minutes and seconds.
func span(t *testing.T, s string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(strings.ReplaceAll(s, "min", "m"))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// value returns the value of a setting that stands once in a unit.
func value(t *testing.T, unit []string, name string) string {
	t.Helper()
	var found []string
	for _, line := range unit {
		if v, ok := strings.CutPrefix(line, name+"="); ok {
			found = append(found, v)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%s stands %d times, want once", name, len(found))
	}
	return found[0]
}

// readUnit returns the lines of a unit that are settings.
func readUnit(t *testing.T, name string) []string {
	t.Helper()
	var lines []string
	for line := range strings.Lines(read(t, name)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' && line[0] != '[' {
			lines = append(lines, line)
		}
	}
	return lines
}

func decode(t *testing.T, name string, v any) {
	t.Helper()
	if err := yaml.NewDecoder(bytes.NewReader([]byte(read(t, name)))).Decode(v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	body, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

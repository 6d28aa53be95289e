package deploy_test

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"
)

// The parts of Kubernetes' and Cloud Run's objects that are looked at.
type (
	container struct {
		Name, Image     string
		Args            []string
		Env             []struct{ Name, Value string }
		SecurityContext struct {
			AllowPrivilegeEscalation *bool `yaml:"allowPrivilegeEscalation"`
			ReadOnlyRootFilesystem   bool  `yaml:"readOnlyRootFilesystem"`
			Capabilities             struct{ Drop []string }
		} `yaml:"securityContext"`
		Resources struct{ Limits map[string]string }
	}
	pod struct {
		ServiceAccountName            string `yaml:"serviceAccountName"`
		AutomountServiceAccountToken  *bool  `yaml:"automountServiceAccountToken"`
		RestartPolicy                 string `yaml:"restartPolicy"`
		ActiveDeadlineSeconds         int    `yaml:"activeDeadlineSeconds"`
		TerminationGracePeriodSeconds int    `yaml:"terminationGracePeriodSeconds"`
		MaxRetries                    *int   `yaml:"maxRetries"`     // Cloud Run
		TimeoutSeconds                int    `yaml:"timeoutSeconds"` // Cloud Run
		SecurityContext               struct {
			RunAsNonRoot   bool                  `yaml:"runAsNonRoot"`
			RunAsUser      int                   `yaml:"runAsUser"`
			SeccompProfile struct{ Type string } `yaml:"seccompProfile"`
		} `yaml:"securityContext"`
		Containers []container
		Volumes    []struct {
			Name                  string
			PersistentVolumeClaim struct {
				ClaimName string `yaml:"claimName"`
			} `yaml:"persistentVolumeClaim"`
			Secret struct {
				SecretName  string `yaml:"secretName"`
				DefaultMode int    `yaml:"defaultMode"`
			}
		}
	}
	object struct {
		Kind     string
		Metadata struct {
			Name        string
			Annotations map[string]string
		}
		Spec struct {
			Schedule          string
			TimeZone          string `yaml:"timeZone"`
			ConcurrencyPolicy string `yaml:"concurrencyPolicy"`
			JobTemplate       struct {
				Spec struct {
					BackoffLimit          *int `yaml:"backoffLimit"`
					ActiveDeadlineSeconds int  `yaml:"activeDeadlineSeconds"`
					Template              struct{ Spec pod }
				}
			} `yaml:"jobTemplate"`
			Template struct { // Cloud Run
				Spec struct {
					TaskCount   int `yaml:"taskCount"`
					Parallelism int
					Template    struct{ Spec pod }
				}
			}
		}
	}
)

func TestKubernetes(t *testing.T) {
	objects := map[string]object{}
	dec := yaml.NewDecoder(strings.NewReader(read(t, "kubernetes/kycsync.yaml")))
	for {
		var o object
		err := dec.Decode(&o)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		objects[o.Kind] = o
	}
	cron := objects["CronJob"].Spec
	if cron.ConcurrencyPolicy != "Forbid" || cron.TimeZone != "Etc/UTC" || len(strings.Fields(cron.Schedule)) != 5 {
		t.Errorf("CronJob: %q, %q, %q: want Forbid, Etc/UTC and a schedule", cron.ConcurrencyPolicy, cron.TimeZone, cron.Schedule)
	}
	job := cron.JobTemplate.Spec
	if job.BackoffLimit == nil || *job.BackoffLimit > 1 {
		t.Fatal("Job: want a backoffLimit of 0 or 1")
	}
	p := job.Template.Spec
	if tries := 1 + *job.BackoffLimit; job.ActiveDeadlineSeconds < tries*p.ActiveDeadlineSeconds || job.ActiveDeadlineSeconds >= 24*60*60 {
		t.Errorf("Job: activeDeadlineSeconds %d, want time for %d tries of %d and less than a day", job.ActiveDeadlineSeconds, tries, p.ActiveDeadlineSeconds)
	}
	if p.TerminationGracePeriodSeconds < 30 || p.RestartPolicy != "Never" {
		t.Errorf("Pod: grace of %d s, restart %s; want 30 or more and Never", p.TerminationGracePeriodSeconds, p.RestartPolicy)
	}
	if s := p.SecurityContext; !s.RunAsNonRoot || s.RunAsUser == 0 || s.SeccompProfile.Type != "RuntimeDefault" {
		t.Errorf("Pod: security context %+v", s)
	}
	account := objects["ServiceAccount"].Metadata
	if p.ServiceAccountName != account.Name || account.Annotations["iam.gke.io/gcp-service-account"] == "" || p.AutomountServiceAccountToken == nil || *p.AutomountServiceAccountToken {
		t.Errorf("Pod: want the service account with workload identity, and no token of the cluster")
	}
	c := checkContainer(t, p, p.ActiveDeadlineSeconds)
	if s := c.SecurityContext; !s.ReadOnlyRootFilesystem || s.AllowPrivilegeEscalation == nil || *s.AllowPrivilegeEscalation || !slices.Equal(s.Capabilities.Drop, []string{"ALL"}) {
		t.Errorf("container: security context %+v", s)
	}
	for _, limit := range []string{"memory", "ephemeral-storage"} {
		if c.Resources.Limits[limit] == "" {
			t.Errorf("container: want a limit of %s", limit)
		}
	}
	for _, v := range p.Volumes {
		if claim := v.PersistentVolumeClaim.ClaimName; claim != "" && claim != objects["PersistentVolumeClaim"].Metadata.Name {
			t.Errorf("volume %s: no claim %s", v.Name, claim)
		}
		if v.Secret.SecretName != "" && v.Secret.DefaultMode&0o007 != 0 {
			t.Errorf("volume %s: mode %04o, want nothing for others", v.Name, v.Secret.DefaultMode)
		}
	}
}

func TestCloudRun(t *testing.T) {
	var o object
	decode(t, "cloudrun/job.yaml", &o)
	run := o.Spec.Template.Spec
	p := run.Template.Spec
	if run.TaskCount != 1 || run.Parallelism != 1 || p.MaxRetries == nil || *p.MaxRetries > 1 {
		t.Fatalf("job: %d tasks, %d at once, retries %v; want 1, 1 and at most 1", run.TaskCount, run.Parallelism, p.MaxRetries)
	}
	if longest := (1 + *p.MaxRetries) * p.TimeoutSeconds; longest > 23*60*60 {
		t.Errorf("job: all tries take up to %d s, and the next night begins after a day: they would overlap", longest)
	}
	if !strings.HasPrefix(p.ServiceAccountName, "kycsync-sync@") {
		t.Errorf("job: service account %q, want the one of gcs/setup.sh", p.ServiceAccountName)
	}
	checkContainer(t, p, p.TimeoutSeconds)
	script := read(t, "cloudrun/deploy.sh")
	for _, want := range []string{"--max-retry-attempts=0", "--role=roles/run.invoker", "run jobs add-iam-policy-binding kycsync", "--time-zone=Etc/UTC"} {
		if !strings.Contains(script, want) {
			t.Errorf("deploy.sh: want %s", want)
		}
	}
}

// checkContainer asserts what both have in common and returns the container.
func checkContainer(t *testing.T, p pod, deadlineSeconds int) container {
	t.Helper()
	if len(p.Containers) != 1 || !slices.Equal(p.Containers[0].Args, []string{"sync"}) {
		t.Fatalf("want one container that runs sync, got %+v", p.Containers)
	}
	c := p.Containers[0]
	env := map[string]string{}
	for _, e := range c.Env {
		env[e.Name] = e.Value
	}
	checkDeadline(t, "deadline", time.Duration(deadlineSeconds)*time.Second, env["KYCSYNC_MAX_DURATION"])
	if env["KYCSYNC_API_KEY"] != "" || !strings.HasPrefix(env["KYCSYNC_API_KEY_FILE"], "/run/secrets/didit/") {
		t.Errorf("want the key as a file of the mounted secret, got %q", env["KYCSYNC_API_KEY_FILE"])
	}
	if !strings.HasPrefix(env["KYCSYNC_LAKE"], "gs://") || c.Resources.Limits["memory"] == "" {
		t.Errorf("want a lake on gs:// and a limit of memory, got %q and %v", env["KYCSYNC_LAKE"], c.Resources.Limits)
	}
	return c
}

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"

	"example.org/secret/cmd/secret/internal/escape"
	"example.org/secret/rotate"
	"example.org/secret/vault"

	"github.com/spf13/cobra"
)

type rotateOptions struct {
	due, all, dryRun bool
	jobs             int
}

func newRotateCommand(a *app) *cobra.Command {
	var o rotateOptions
	cmd := &cobra.Command{
		Use:   "rotate NAME... | --due | --all",
		Short: "Change secrets where they are used, by their rotators",
		Long: `Change secrets where they are used: make a new value, have the secret's rotator
apply and test it, and only then make it current. secret rotation enable sets a
rotator up. (The vault's own key is another matter: see secret key.)

--due rotates what is due by its schedule, continues what was interrupted, and
prints nothing when there is nothing to do; let cron or a systemd timer run it
(secret rotation schedule install).

A rotation that fails leaves the current value in use. The next one continues it,
later and later while it keeps failing; naming the secret does not wait.`,
		Example: `  secret rotate prod/db
  secret rotate --due
  secret rotate --all --dry-run`,
		Args:              argCount(0, -1),
		ValidArgsFunction: a.completeNames(1000),
		RunE:              func(cmd *cobra.Command, args []string) error { return a.runRotate(o, args) },
	}
	flags := cmd.Flags()
	flags.BoolVar(&o.due, "due", false, "rotate what is due")
	flags.BoolVar(&o.all, "all", false, "rotate everything that has rotation enabled")
	flags.BoolVar(&o.dryRun, "dry-run", false, "only tell what would happen, and why")
	flags.IntVar(&o.jobs, "jobs", 4, "how many to rotate at once")
	flags.BoolVar(&a.jsonFlag, "json", false, "print JSON")
	cmd.MarkFlagsMutuallyExclusive("due", "all")
	return cmd
}

func (a *app) runRotate(o rotateOptions, args []string) error {
	switch {
	case len(args) > 0 && (o.due || o.all):
		return usagef("name secrets, or give --due or --all")
	case len(args) == 0 && !o.due && !o.all:
		return usagef("which secrets? Name them, or give --due or --all")
	case o.jobs < 1:
		return usagef("--jobs has to be at least 1, not %d", o.jobs)
	}
	engine, _, err := a.newEngine()
	if err != nil {
		return err
	}
	var names []vault.Name
	var damaged []error
	if len(args) > 0 {
		for _, arg := range args {
			name, err := vault.ParseName(arg)
			if err != nil {
				return err
			}
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	} else if names, damaged, err = a.rotating(engine.Vault, o.due); err != nil {
		return err
	}
	if o.dryRun {
		err = a.dryRun(engine.Vault, names, o.due)
	} else {
		err = a.rotateAll(engine, names, o)
	}
	if err == nil && len(damaged) > 0 {
		return damaged[0]
	}
	return err
}

// rotating lists what has rotation enabled or, with due set, may be due: a value
// that was set by hand can still put it off.
func (a *app) rotating(v *vault.Vault, due bool) ([]vault.Name, []error, error) {
	listing, err := a.list(v)
	if err != nil {
		return nil, nil, err
	}
	var names []vault.Name
	damaged := listing.Damaged
	for _, s := range listing.Secrets {
		wanted, err := a.mayRotate(s, due)
		if err != nil {
			damaged = append(damaged, err)
		}
		if wanted {
			names = append(names, s.Name)
		}
	}
	return names, damaged, nil
}

func (a *app) mayRotate(s vault.Summary, due bool) (bool, error) {
	if s.Deletion != nil || s.Rotation == nil || (due && rotate.Idle(s.Rotation, a.now())) {
		return false, nil
	}
	r, err := rotate.Of(s.Name, s.Rotation)
	if err != nil || !due {
		return r.Enabled, err
	}
	status, err := r.Due(s.Created, a.now())
	if err != nil {
		return false, fmt.Errorf("%q: %w", s.Name, err)
	}
	return status.Rotate, nil
}

// newEngine opens the vault for rotation, by rotators that were enabled here.
func (a *app) newEngine() (*rotate.Engine, *consent, error) {
	header, key, err := a.unlock(a.findKey)
	if err != nil {
		return nil, nil, err
	}
	v, err := a.openWith(header, key)
	if err != nil {
		return nil, nil, err
	}
	consent, err := a.loadConsent(header.ID)
	if err != nil {
		return nil, nil, err
	}
	executor, err := a.newExecutor()
	if err != nil {
		return nil, nil, err
	}
	return &rotate.Engine{Vault: v, Call: executor.Call, Now: a.now, Rand: a.rand, Allowed: consent.given}, consent, nil
}

func (a *app) newExecutor() (*rotate.Executor, error) {
	dir, err := a.rotatorsDir()
	if err != nil {
		return nil, err
	}
	work, _ := a.memoryDir()
	return &rotate.Executor{Dir: dir, WorkDir: work, Environ: a.environ}, nil
}

func (a *app) rotatorsDir() (string, error) {
	path, err := a.configPath()
	return filepath.Join(filepath.Dir(path), "rotators"), err
}

// untilInterrupted ends at Ctrl-C and its like, and lets a second one kill.
func untilInterrupted() (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

// rotateAll rotates several secrets at once and prints a line as each ends.
func (a *app) rotateAll(engine *rotate.Engine, names []vault.Name, o rotateOptions) error {
	ctx, stop := untilInterrupted()
	defer stop()
	queue := make(chan vault.Name, len(names))
	for _, name := range names {
		queue <- name
	}
	close(queue)
	report := rotationReport{app: a, total: len(names), single: len(names) == 1 && !o.due && !o.all, quietBusy: o.due}
	var workers sync.WaitGroup
	for range min(o.jobs, len(names)) {
		workers.Go(func() {
			for name := range queue {
				if ctx.Err() != nil {
					return
				}
				report.begin(name)
				result, done := engine.Rotate(ctx, name, o.due)
				report.end(result, done)
			}
		})
	}
	workers.Wait()
	return report.close(ctx.Err())
}

// rotationReport prints results as they come, from several goroutines.
type rotationReport struct {
	*app
	total     int
	single    bool // a failure is the command's own
	quietBusy bool // that another run has a secret is no failure of this one

	mu      sync.Mutex
	running []string
	ended   int
	failed  []error
	results []resultJSON
	err     error // of printing
}

type resultJSON struct {
	Name    vault.Name     `json:"name"`
	Outcome rotate.Outcome `json:"outcome"`
	Version int            `json:"version,omitempty"`
	Error   string         `json:"error,omitempty"`
}

func (r *rotationReport) begin(name vault.Name) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.running = append(r.running, string(name))
	r.progress()
}

func (r *rotationReport) end(result rotate.Result, done bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended++
	for i, name := range r.running {
		if name == string(result.Name) {
			r.running = append(r.running[:i], r.running[i+1:]...)
			break
		}
	}
	if !done || (r.quietBusy && errors.Is(result.Err, vault.ErrBusy)) {
		r.progress()
		return
	}
	line := resultJSON{Name: result.Name, Outcome: result.Outcome, Version: result.Version}
	if result.Err != nil {
		line.Error = result.Err.Error()
		r.failed = append(r.failed, result.Err)
	}
	r.results = append(r.results, line)
	if r.jsonFlag || (r.single && result.Err != nil) {
		r.progress()
		return
	}
	r.sayf("\r\x1b[K")
	r.err = errors.Join(r.err, r.printf("%s\n", line))
	r.progress()
}

// String is the line that a person, or cron's mail, reads.
func (r resultJSON) String() string {
	line := fmt.Sprintf("%-10s %s", r.Outcome, r.Name)
	switch {
	case r.Error != "":
		line += ": " + escape.Text(strings.TrimPrefix(r.Error, fmt.Sprintf("rotating %q: ", r.Name)))
	case r.Outcome == rotate.Abandoned:
		line += ": a value was stored by hand meanwhile"
	case r.Version != 0:
		line += fmt.Sprintf(", version %d", r.Version)
	}
	return line
}

func (r *rotationReport) progress() {
	if len(r.running) > 0 {
		r.sayf("\r\x1b[K%d of %d: %s", r.ended, r.total, strings.Join(r.running, ", "))
	} else {
		r.sayf("\r\x1b[K")
	}
}

func (r *rotationReport) close(interrupted error) error {
	if r.jsonFlag {
		if r.results == nil {
			r.results = []resultJSON{}
		}
		r.err = r.printJSON(r.results)
	}
	switch {
	case interrupted != nil:
		return vault.Errorf(errInterrupted, "interrupted; what was under way is continued by the next secret rotate --due")
	case r.err != nil:
		return r.err
	case len(r.failed) == 1 && r.single:
		return rotationFailure{r.failed[0]}
	case len(r.failed) > 0:
		return fmt.Errorf("%d of %s failed; see: secret rotation status", len(r.failed), plural(len(r.results), "rotation"))
	}
	return nil
}

// rotationFailure is the failure of a rotation, which may have changed something.
type rotationFailure struct{ error }

func (f rotationFailure) Unwrap() error { return f.error }

// dryRun tells what a rotation would do, and why.
func (a *app) dryRun(v *vault.Vault, names []vault.Name, onlyDue bool) error {
	type plan struct {
		Name    vault.Name  `json:"name"`
		Step    rotate.Step `json:"step"`
		Rotator string      `json:"rotator"`
		Why     string      `json:"why"`
	}
	plans := []plan{}
	for _, name := range names {
		s, err := v.GetMeta(name)
		if err != nil {
			return err
		}
		r, err := rotate.Of(s.Name, s.Rotation)
		if err != nil {
			return err
		}
		p := plan{name, rotate.Create, r.Rotator, "it was asked for"}
		status, err := r.Due(rotate.CurrentSince(s), a.now())
		switch {
		case err != nil:
			return err
		case onlyDue && !status.Rotate:
			continue
		case r.Run != nil:
			p.Step, p.Why = r.Run.Step, "a rotation that began "+a.timestamp(r.Run.Started)+" is not done"
		case status.Rotate:
			p.Why = "it has been due since " + a.timestamp(status.Due)
		}
		plans = append(plans, p)
	}
	if a.jsonFlag {
		return a.printJSON(plans)
	}
	for _, p := range plans {
		what := "be rotated"
		if p.Step != rotate.Create {
			what = "go on at the step " + string(p.Step)
		}
		if err := a.printf("%s would %s by %s, since %s\n", p.Name, what, escape.Text(p.Rotator), p.Why); err != nil {
			return err
		}
	}
	return nil
}

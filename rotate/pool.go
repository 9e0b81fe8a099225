package rotate

import (
	"context"
	"slices"
	"sync"

	"example.org/secret/vault"
)

// Progress is told how [Engine.RotateAll] gets on. It is called from one goroutine at
// a time.
type Progress interface {
	// Changed is called when a rotation begins or ends, with the names of those that
	// are running and the number of those that ended.
	Changed(running []vault.Name, ended int)
	// Ended is called before that with the result of a rotation, unless it is [NotDue].
	Ended(Result)
}

// RotateAll rotates the secrets names, at most jobs at once. When ctx ends, it stops
// the rotators that are running and begins no further rotation.
func (e *Engine) RotateAll(ctx context.Context, names []vault.Name, when When, jobs int, progress Progress) {
	queue := make(chan vault.Name, len(names))
	for _, name := range names {
		queue <- name
	}
	close(queue)
	tally := tally{progress: progress}
	var workers sync.WaitGroup
	for range min(jobs, len(names)) {
		workers.Go(func() {
			for name := range queue {
				if ctx.Err() != nil {
					return
				}
				tally.begin(name)
				tally.end(e.Rotate(ctx, name, when))
			}
		})
	}
	workers.Wait()
}

// tally counts the rotations of a pool of workers.
type tally struct {
	progress Progress

	mu      sync.Mutex
	running []vault.Name
	ended   int
}

func (t *tally) begin(name vault.Name) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.running = append(t.running, name)
	t.progress.Changed(t.running, t.ended)
}

func (t *tally) end(result Result) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended++
	if i := slices.Index(t.running, result.Name); i >= 0 {
		t.running = slices.Delete(t.running, i, i+1)
	}
	if result.Outcome != NotDue {
		t.progress.Ended(result)
	}
	t.progress.Changed(t.running, t.ended)
}

package vault

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"example.org/secret/vault/durable"
)

const (
	accessFileID = "accesses" // never the id of a secret's file
	day          = 24 * time.Hour
	// flushAfter is the time for which a day may be in memory only.
	flushAfter = time.Minute
	// reloadAfter is the time for which the days of other processes may be missing.
	reloadAfter = time.Second
	// forgetAfter keeps the file from growing with versions that are long gone.
	forgetAfter = 400 * day
)

// Accesses remembers on which day each version was read through AWS's API. The days are in
// a file beside the list cache, sealed as that one is: a read must not write to the vault,
// which machines may share. A day that is lost is unknown, never another day.
//
// It is safe for use by several goroutines, and several processes may share the file.
type Accesses struct {
	vault *Vault

	mu      sync.Mutex
	days    map[string]map[string]int64 // since 1970, by secret and version
	changed bool                        // since the last flush
	flushed time.Time
	read    time.Time
	file    os.FileInfo // as it was read; nil before
}

// Accesses returns the days in Options.AccessFile. The caller must close the result.
func (v *Vault) Accesses() *Accesses {
	a := &Accesses{vault: v, days: map[string]map[string]int64{}, flushed: v.now()}
	a.reload()
	return a
}

// Record remembers that a version was read now. secret is the id of the secret.
func (a *Accesses) Record(secret, version string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.vault.now()
	a.keep(secret, version, now.Unix()/int64(day/time.Second))
	if a.changed && now.Sub(a.flushed) >= flushAfter {
		_ = a.flush() // Close reports it
	}
}

// keep takes a day over if it is later than the known one.
func (a *Accesses) keep(secret, version string, day int64) {
	versions := a.days[secret]
	if versions == nil {
		versions = map[string]int64{}
		a.days[secret] = versions
	}
	if day > versions[version] {
		versions[version], a.changed = day, true
	}
}

// Version returns the day on which a version was last read, at midnight UTC, or the zero
// time if that is not known. secret is the id of the secret.
func (a *Accesses) Version(secret, version string) time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.reload()
	return dayTime(a.days[secret][version])
}

// Secret returns the day on which any version of a secret was last read, as
// [Accesses.Version] does.
func (a *Accesses) Secret(secret string) time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.reload()
	var last int64
	for _, day := range a.days[secret] {
		last = max(last, day)
	}
	return dayTime(last)
}

func dayTime(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(n*int64(day/time.Second), 0).UTC()
}

// Close writes the days that are not in the file yet.
func (a *Accesses) Close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.changed {
		return nil
	}
	return a.flush()
}

// reload takes over the days that other processes wrote.
func (a *Accesses) reload() {
	now := a.vault.now()
	if a.vault.options.AccessFile == "" || now.Sub(a.read) < reloadAfter {
		return
	}
	a.read = now
	if info, err := os.Stat(a.vault.options.AccessFile); err == nil && !sameFile(a.file, info) {
		changed := a.changed
		a.merge()
		a.file, a.changed = info, changed
	}
}

func sameFile(a, b os.FileInfo) bool {
	return a != nil && os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size()
}

// merge takes over the days in the file, if it is a good one.
func (a *Accesses) merge() {
	sealed, err := readFile(a.vault.options.AccessFile, maxCacheSize)
	if err != nil {
		return
	}
	text, err := a.vault.key.Open(accessFileID, sealed)
	if err != nil {
		return
	}
	var days map[string]map[string]int64
	if json.Unmarshal(text, &days) != nil {
		return
	}
	for secret, versions := range days {
		for version, day := range versions {
			a.keep(secret, version, day)
		}
	}
}

// flush writes all days. A failure is not tried again before the next time.
func (a *Accesses) flush() error {
	path := a.vault.options.AccessFile
	if path == "" {
		return nil
	}
	a.flushed = a.vault.now()
	if err := a.replaceFile(path); err != nil {
		return fmt.Errorf("remembering which secrets were read: %w", err)
	}
	a.changed = false
	return nil
}

func (a *Accesses) replaceFile(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	unlock, err := durable.Lock(path+".lock", path, a.vault.options.LockTimeout)
	if err != nil {
		return err
	}
	defer unlock()
	a.merge()
	a.forget()
	text, err := json.Marshal(a.days)
	if err != nil {
		return err
	}
	sealed, err := a.vault.key.Seal(accessFileID, text)
	if err != nil {
		return err
	}
	return replaceCacheFile(path, sealed)
}

func (a *Accesses) forget() {
	oldest := a.vault.now().Add(-forgetAfter).Unix() / int64(day/time.Second)
	for secret, versions := range a.days {
		for version, day := range versions {
			if day < oldest {
				delete(versions, version)
			}
		}
		if len(versions) == 0 {
			delete(a.days, secret)
		}
	}
}

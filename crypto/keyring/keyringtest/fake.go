//go:build linux

package keyringtest

import (
	"fmt"
	"maps"
	"sync"
	"testing"

	"github.com/godbus/dbus/v5"
)

const (
	serviceName = "org.freedesktop.secrets"
	basePath    = "/org/freedesktop/secrets"
	iface       = "org.freedesktop.Secret."
)

// Prompting is the fate of a prompt.
type Prompting int

// The fates of a prompt.
const (
	NoPrompt  Prompting = iota // the service needs none
	Accepted                   // the user agrees
	Dismissed                  // the user closes it
	Unanswered
)

// Fake is a Secret Service that behaves as its fields say. A test may change them before [Fake.Start], or by
// [Fake.Change].
type Fake struct {
	// Collection is its only collection; empty is login.
	Collection string
	// Unlocking is the prompt for unlocking.
	Unlocking Prompting
	// Storing is the prompt for storing an item.
	Storing Prompting
	// Forgets makes it lose each item that it stores.
	Forgets bool
	// Answer returns the answer for a stored item. If nil, it is the item.
	Answer func(stored string) string
	// Nonsense makes its answers have wrong types.
	Nonsense bool
	// Prompted, if not nil, is called when a prompt shows.
	Prompted func()

	mu       sync.Mutex
	conn     *dbus.Conn
	locked   bool
	items    map[dbus.ObjectPath]*item
	lastPath int
	calls    []string
}

type item struct {
	attributes map[string]string
	value      string
}

// secret is the struct of the Secret Service API.
type secret struct {
	Session     dbus.ObjectPath
	Parameters  []byte
	Value       []byte
	ContentType string
}

// Start puts the service on the bus at address until the test ends.
func (f *Fake) Start(t *testing.T, address string) {
	t.Helper()
	if f.Collection == "" {
		f.Collection = "login"
	}
	f.locked = f.Unlocking != NoPrompt
	f.items = map[dbus.ObjectPath]*item{}
	f.conn = connect(t, address, dbus.WithIncomingInterceptor(f.count))
	f.export(t, basePath, iface+"Service", map[string]any{"OpenSession": f.openSession, "Unlock": f.unlock})
	f.export(t, basePath, "org.freedesktop.DBus.Properties", map[string]any{"Get": f.property})
	f.export(t, basePath+"/session", iface+"Session", map[string]any{"Close": func() *dbus.Error { return nil }})
	for _, path := range []dbus.ObjectPath{f.collection(), basePath + "/aliases/default"} {
		f.export(t, path, iface+"Collection", map[string]any{"SearchItems": f.search, "CreateItem": f.create})
	}
	reply, err := f.conn.RequestName(serviceName, dbus.NameFlagDoNotQueue)
	if err != nil || reply != dbus.RequestNameReplyPrimaryOwner {
		t.Fatalf("taking the name %s: %v, %v", serviceName, reply, err)
	}
}

// Change changes the service while it runs, and locks it if unlocking needs a prompt.
func (f *Fake) Change(change func(*Fake)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(f)
	f.locked = f.Unlocking != NoPrompt
}

// Calls returns the methods that were called since the last call of Calls.
func (f *Fake) Calls() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	calls := f.calls
	f.calls = nil
	return calls
}

// Forget loses all entries.
func (f *Fake) Forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.items)
}

// Items returns the number of entries.
func (f *Fake) Items() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.items)
}

func (f *Fake) count(msg *dbus.Message) {
	if member, ok := msg.Headers[dbus.FieldMember].Value().(string); ok && msg.Type == dbus.TypeMethodCall {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.calls = append(f.calls, member)
	}
}

func (f *Fake) export(t *testing.T, path dbus.ObjectPath, iface string, methods map[string]any) {
	t.Helper()
	if err := f.conn.ExportMethodTable(methods, path, iface); err != nil {
		t.Fatal(err)
	}
}

func (f *Fake) collection() dbus.ObjectPath {
	return dbus.ObjectPath(basePath + "/collection/" + f.Collection)
}

func (f *Fake) property(string, string) (dbus.Variant, *dbus.Error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.Nonsense {
		return dbus.MakeVariant("nonsense"), nil
	}
	return dbus.MakeVariant([]dbus.ObjectPath{f.collection()}), nil
}

func (f *Fake) openSession(string, dbus.Variant) (dbus.Variant, dbus.ObjectPath, *dbus.Error) {
	return dbus.MakeVariant(""), basePath + "/session", nil
}

func (f *Fake) unlock(paths []dbus.ObjectPath) ([]dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.locked {
		return paths, "/", nil
	}
	return nil, f.prompt(f.Unlocking, dbus.MakeVariant(paths), func() { f.locked = false }), nil
}

func (f *Fake) search(attributes map[string]string) ([]dbus.ObjectPath, *dbus.Error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var found []dbus.ObjectPath
	for path, item := range f.items {
		if maps.Equal(item.attributes, attributes) {
			found = append(found, path)
		}
	}
	return found, nil
}

func (f *Fake) create(
	properties map[string]dbus.Variant, s secret, replace bool,
) (dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	attributes, _ := properties[iface+"Item.Attributes"].Value().(map[string]string)
	path := f.newPath("item")
	store := func() {
		if replace {
			maps.DeleteFunc(f.items, func(_ dbus.ObjectPath, i *item) bool { return maps.Equal(i.attributes, attributes) })
		}
		if !f.Forgets {
			f.items[path] = &item{attributes, string(s.Value)}
		}
	}
	methods := map[string]any{
		"GetSecret": func(session dbus.ObjectPath) (secret, *dbus.Error) { return f.secret(path, session) },
		"Delete":    func() (dbus.ObjectPath, *dbus.Error) { return f.remove(path) },
	}
	if err := f.conn.ExportMethodTable(methods, path, iface+"Item"); err != nil {
		return "/", "/", dbus.MakeFailedError(err)
	}
	if f.Storing == NoPrompt {
		store()
		return path, "/", nil
	}
	return "/", f.prompt(f.Storing, dbus.MakeVariant(path), store), nil
}

func (f *Fake) secret(path, session dbus.ObjectPath) (secret, *dbus.Error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.locked {
		return secret{}, dbus.NewError(iface+"Error.IsLocked", nil)
	}
	value := f.items[path].value
	if f.Answer != nil {
		value = f.Answer(value)
	}
	return secret{session, nil, []byte(value), "text/plain"}, nil
}

func (f *Fake) remove(path dbus.ObjectPath) (dbus.ObjectPath, *dbus.Error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.items, path)
	return "/", nil
}

// prompt makes a prompt, whose fate comes when it shows.
func (f *Fake) prompt(outcome Prompting, result dbus.Variant, accepted func()) dbus.ObjectPath {
	path := f.newPath("prompt")
	complete := func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.Prompted != nil {
			f.Prompted()
		}
		switch outcome {
		case Accepted:
			accepted()
			_ = f.conn.Emit(path, iface+"Prompt.Completed", false, result)
		case Dismissed:
			_ = f.conn.Emit(path, iface+"Prompt.Completed", true, dbus.MakeVariant(""))
		}
	}
	show := func(string) *dbus.Error {
		go complete()
		return nil
	}
	_ = f.conn.ExportMethodTable(map[string]any{"Prompt": show}, path, iface+"Prompt")
	return path
}

func (f *Fake) newPath(kind string) dbus.ObjectPath {
	f.lastPath++
	return dbus.ObjectPath(fmt.Sprintf("%s/%s/%d", basePath, kind, f.lastPath))
}

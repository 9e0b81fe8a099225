package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "example.org/secret/"

// mayImport says which of ours each layer may import besides itself. The command
// line may import them all.
var mayImport = map[string][]string{
	"crypto": {},
	"vault":  {"crypto"},
	"rotate": {"crypto", "vault"},
}

// Terminal, environment, clock and randomness come in from cmd/secret.
var (
	forbiddenImports = []string{
		"github.com/spf13/", "golang.org/x/term", "log", "math/rand", "math/rand/v2",
		"crypto/rand", "flag",
	}
	forbiddenNames = map[string][]string{
		"os": {
			"Stdin", "Stdout", "Stderr", "Args", "Exit", "Getenv", "LookupEnv", "Environ", "ExpandEnv", "Setenv", "Unsetenv",
			"Clearenv", "TempDir", "UserHomeDir", "UserConfigDir", "UserCacheDir",
		},
		"fmt":  {"Print", "Printf", "Println"},
		"time": {"Now", "Since", "Until"},
	}
	// The D-Bus library takes the address of the bus from our own environment, and
	// starts a bus where there is none.
	exception = filepath.Join("..", "..", "crypto", "keyring", "keyring_linux.go") + " os.Setenv"
)

func TestImportsGoOneWay(t *testing.T) {
	for layer, allowed := range mayImport {
		files := 0
		walkSources(t, layer, func(path string, file *ast.File) {
			files++
			for _, imported := range file.Imports {
				name, err := strconv.Unquote(imported.Path.Value)
				if err != nil {
					t.Fatal(err)
				}
				if rest, ours := strings.CutPrefix(name, module); ours {
					to, _, _ := strings.Cut(rest, "/")
					if to != layer && !slices.Contains(allowed, to) {
						t.Errorf("%s imports %s", path, name)
					}
				}
			}
			if !strings.HasSuffix(path, "_test.go") && !strings.HasSuffix(filepath.Dir(path), "test") {
				checkOutsides(t, path, file)
			}
		})
		if files == 0 {
			t.Errorf("there are no sources of %s", layer)
		}
	}
}

func checkOutsides(t *testing.T, path string, file *ast.File) {
	t.Helper()
	packages := map[string]string{} // by the name that the file has for them
	for _, imported := range file.Imports {
		full, err := strconv.Unquote(imported.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		for _, forbidden := range forbiddenImports {
			if full == forbidden || (strings.HasSuffix(forbidden, "/") && strings.HasPrefix(full, forbidden)) {
				t.Errorf("%s imports %s", path, full)
			}
		}
		name := full[strings.LastIndex(full, "/")+1:]
		if imported.Name != nil {
			name = imported.Name.Name
		}
		packages[name] = full
	}
	ast.Inspect(file, func(node ast.Node) bool {
		selector, ok := node.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := selector.X.(*ast.Ident); ok && slices.Contains(forbiddenNames[packages[x.Name]], selector.Sel.Name) &&
			path+" "+x.Name+"."+selector.Sel.Name != exception {
			t.Errorf("%s mentions %s.%s", path, x.Name, selector.Sel.Name)
		}
		return true
	})
}

func walkSources(t *testing.T, layer string, visit func(path string, file *ast.File)) {
	t.Helper()
	root := filepath.Join("..", "..", layer)
	if _, err := os.Stat(root); os.IsNotExist(err) {
		return
	}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err == nil {
			visit(path, file)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

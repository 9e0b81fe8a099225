package awsfunction

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

//go:embed adaptor.py
var python []byte

// ErrFunction means that a function cannot be run by a rotator.
var ErrFunction = errors.New("not a rotation function")

// Function is a rotation function on this machine.
type Function struct {
	Path    string `json:"path"`    // the file or directory that was given, absolute
	File    string `json:"file"`    // the file with the handler, absolute
	Handler string `json:"handler"` // the handler's name in File
	Digest  string `json:"sha256"`  // of Path
}

// Find finds the function at path: a file, or a directory of files that belong together.
// The handler is FILE.FUNCTION without FILE's extension, as AWS writes it. If it is empty,
// it is lambda_handler in a file of Python and handler in one of JavaScript; in a
// directory the file is lambda_function.py or else index. Errors are [fs.ErrNotExist] for what is not there, else
// [ErrFunction].
func Find(path, handler string) (Function, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return Function{}, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return Function{}, err
	}
	f := Function{Path: path, File: path}
	module := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	if handler != "" {
		dot := strings.LastIndexByte(handler, '.')
		if dot < 1 || dot == len(handler)-1 {
			return Function{}, fmt.Errorf("the handler %q must be FILE.FUNCTION: %w", handler, ErrFunction)
		}
		if !info.IsDir() && handler[:dot] != module {
			return Function{}, fmt.Errorf("the handler %q is not in the file %s: %w", handler, path, ErrFunction)
		}
		module, f.Handler = handler[:dot], handler[dot+1:]
	}
	if info.IsDir() {
		modules := []string{"lambda_function", "index"}
		if handler != "" {
			modules = []string{module}
		}
		f.File = findFile(path, modules)
	}
	extension := filepath.Ext(f.File)
	if !slices.Contains(extensions, extension) {
		return Function{}, fmt.Errorf("%s is not a file of Python or JavaScript (%s): %w",
			f.File, strings.Join(extensions, ", "), ErrFunction)
	}
	if f.Handler == "" {
		f.Handler = "handler"
		if extension == ".py" {
			f.Handler = "lambda_handler"
		}
	}
	text, err := os.ReadFile(f.File)
	if err != nil {
		return Function{}, err
	}
	if !regexp.MustCompile(`\b` + regexp.QuoteMeta(f.Handler) + `\b`).Match(text) {
		return Function{}, fmt.Errorf("%s has no handler %s; name it with --handler: %w", f.File, f.Handler, ErrFunction)
	}
	f.Digest, err = digest(path)
	return f, err
}

// extensions are those of files with a handler.
var extensions = []string{".py", ".mjs", ".js", ".cjs"}

// findFile returns the first file of a module in dir, or else the path that the first
// would have.
func findFile(dir string, modules []string) string {
	for _, module := range modules {
		for _, extension := range extensions {
			file := filepath.Join(dir, filepath.FromSlash(module)+extension)
			if _, err := os.Stat(file); err == nil {
				return file
			}
		}
	}
	return filepath.Join(dir, filepath.FromSlash(modules[0])+extensions[0])
}

// Interpreters returns the names of the programs that the rotator needs.
func (f Function) Interpreters() []string {
	if filepath.Ext(f.File) == ".py" {
		return []string{"python3"}
	}
	return []string{"python3", "node"}
}

// Rotator returns the source of a rotator that runs the function.
func (f Function) Rotator() ([]byte, error) {
	object, err := json.Marshal(f)
	if err != nil {
		return nil, err
	}
	// JSON of strings is Python, too.
	return bytes.Replace(python, []byte("FUNCTION = {}"), append([]byte("FUNCTION = "), object...), 1), nil
}

// digest returns the SHA-256 of a file, or of the list of files in a directory with the
// SHA-256 of each. The adaptor makes the same.
func digest(path string) (string, error) {
	root, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if !root.IsDir() {
		data, err := os.ReadFile(path)
		return sum(data), err
	}
	var lines []string
	err = filepath.WalkDir(path, func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && entry.Name() == "__pycache__" && file != path:
			return filepath.SkipDir
		case entry.IsDir():
			return nil
		}
		data, err := content(file, entry)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(path, file)
		lines = append(lines, filepath.ToSlash(relative)+"\x00"+sum(data)+"\n")
		return err
	})
	slices.Sort(lines)
	return sum([]byte(strings.Join(lines, ""))), err
}

// content returns the bytes of a file, or the target of a symbolic link.
func content(file string, entry fs.DirEntry) ([]byte, error) {
	if entry.Type()&fs.ModeSymlink != 0 {
		target, err := os.Readlink(file)
		return []byte(target), err
	}
	return os.ReadFile(file)
}

func sum(data []byte) string {
	hash := sha256.Sum256(data)
	return hex.EncodeToString(hash[:])
}

package main

import (
	"bytes"
	"runtime"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"example.org/secret/vault"
)

// variable is an environment variable made of a secret.
type variable struct {
	name  string
	value vault.Bytes
}

// variables returns the variables that a secret or field becomes. Each field of a secret
// becomes one, with prefix before its name. A kv secret keeps the names of its fields
// where a variable can have them; other names are mapped as rotators map them
// ([vault.VariableName]). A single value is named prefix, unless that is empty or ends in
// an underscore: then the name of the field, or the last part of the secret's, follows.
func (p picked) variables(prefix string) ([]variable, error) {
	if !p.isWhole() {
		name := prefix
		if prefix == "" || strings.HasSuffix(prefix, "_") {
			last := p.field
			if last == "" {
				last = string(p.secret.Name[strings.LastIndex(string(p.secret.Name), "/")+1:])
			}
			name += variableName(last)
		}
		if !isVariableName(name) {
			return nil, usagef("%q cannot be a variable's name; give one as %s=NAME", name, p.secret.Name)
		}
		return p.checkVariables([]variable{{name, p.bytes}})
	}
	var all []variable
	fields := map[string]string{} // by the variable
	for _, field := range p.version.FieldNames() {
		name := prefix + field
		if p.secret.Kind == vault.Credential || !isVariableName(name) {
			name = prefix + vault.VariableName(field)
		}
		if !isVariableName(name) {
			name = prefix + "_" + vault.VariableName(field) // it begins with a digit
		}
		if other, taken := fields[name]; taken {
			return nil, usagef("the fields %q and %q of %q would both be the variable %s; take fields one by one, as %s#FIELD",
				other, field, p.secret.Name, name, p.secret.Name)
		}
		fields[name] = field
		all = append(all, variable{name, p.version.Fields[field]})
	}
	return p.checkVariables(all)
}

// variableName returns the name of the variable for a single value.
func variableName(s string) string {
	name := vault.VariableName(s)
	if !isVariableName(name) {
		return "_" + name
	}
	return name
}

func (p picked) checkVariables(all []variable) ([]variable, error) {
	for _, v := range all {
		if bytes.IndexByte(v.value, 0) >= 0 {
			return nil, usagef("the value of %s holds a NUL byte, which no variable can", v.name)
		}
	}
	return all, nil
}

func isVariableName(s string) bool {
	for i, r := range s {
		if r != '_' && (r >= utf8.RuneSelf || !unicode.IsLetter(r)) && (i == 0 || !unicode.IsDigit(r)) {
			return false
		}
	}
	return s != ""
}

// The variables that make a loader, shell or interpreter run code, or another
// program than was named. Whoever can write a secret should not get that with it.
var (
	unsafeNames = []string{
		"PATH", "PATHEXT", "COMSPEC", "PSMODULEPATH", "HOME", "XDG_CONFIG_HOME",
		"SHELL", "ENV", "IFS", "PS0", "PS1", "PS2", "PS4", "PROMPT_COMMAND", "SHELLOPTS", "BASHOPTS", "BASH_ENV", "CDPATH",
		"ZDOTDIR", "FPATH", "GCONV_PATH", "LOCPATH", "GLIBC_TUNABLES", "GTK_MODULES", "GTK_PATH", "QT_PLUGIN_PATH",
		"EDITOR", "VISUAL", "PAGER", "MANPAGER", "BROWSER", "LESS", "LESSOPEN", "LESSCLOSE", "VIMINIT", "GVIMINIT", "EXINIT", "EMACSLOADPATH",
		"NODE_OPTIONS", "NODE_PATH", "CLASSPATH", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS", "MAVEN_OPTS", "GRADLE_OPTS",
		"DOTNET_STARTUP_HOOKS", "LUA_INIT", "LUA_PATH", "LUA_CPATH", "PHPRC", "PHP_INI_SCAN_DIR", "R_PROFILE", "R_PROFILE_USER",
		"MAKEFLAGS", "GOFLAGS", "RUSTC", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER", "OPENSSL_CONF", "OPENSSL_MODULES", "OPENSSL_ENGINES",
		"GIT_SSH", "GIT_SSH_COMMAND", "GIT_ASKPASS", "GIT_EDITOR", "GIT_SEQUENCE_EDITOR", "GIT_PAGER", "GIT_EXEC_PATH",
		"GIT_EXTERNAL_DIFF", "GIT_PROXY_COMMAND", "GIT_TEMPLATE_DIR", "GIT_DIR", "HGRCPATH", "SVN_SSH", "RSYNC_RSH",
		"SSH_ASKPASS", "SUDO_ASKPASS",
	}
	unsafePrefixes = []string{
		"LD_", "DYLD_", "BASH_FUNC_", "GIT_CONFIG", "PYTHON", "PERL5", "PERLLIB", "RUBY", "LUA_INIT_", "LUA_PATH_", "LUA_CPATH_",
		"ERL_", "COR_PROFILER", "CORECLR_PROFILER", "NPM_CONFIG_",
	}
	// PYTHON_ and RUBY_ begin names that nothing is run for.
	safePrefixes = []string{"PYTHON_", "RUBY_"}
)

func isUnsafeVariable(name string) bool {
	if runtime.GOOS == "windows" || strings.HasPrefix(strings.ToLower(name), "npm_config_") { // which take any case
		name = strings.ToUpper(name)
	}
	begins := func(prefix string) bool { return strings.HasPrefix(name, prefix) }
	return slices.Contains(unsafeNames, name) || slices.ContainsFunc(unsafePrefixes, begins) && !slices.ContainsFunc(safePrefixes, begins)
}

const allowUnsafeFlag = "allow-unsafe-variables"

// refuseUnsafe names where the value came from, not the value.
func refuseUnsafe(name, source string) error {
	return usagef("%s would make programs run what is in it, and its value is from %s; if that is meant, add --%s", name, source, allowUnsafeFlag)
}

// secretArg is NAME[=PREFIX] on the command line: what is before the last = is a
// reference, if what is behind could begin a variable's name. For names with a =
// in them it can be written with nothing behind.
func parseSecretArg(arg string) (ref vault.Reference, prefix string, err error) {
	if i := strings.LastIndexByte(arg, '='); i >= 0 {
		head, tail := arg[:i], arg[i+1:]
		query := strings.LastIndexByte(head, '?')
		inQuery := query >= 0 && !strings.Contains(head[query:], "=")
		if !inQuery && (tail == "" || isVariableName(tail)) {
			arg, prefix = head, tail
		}
	}
	ref, err = vault.ParseReference(arg)
	return ref, prefix, err
}

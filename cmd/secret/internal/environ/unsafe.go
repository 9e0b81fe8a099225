package environ

import (
	"runtime"
	"slices"
	"strings"

	"example.org/secret/cmd/secret/internal/usage"
)

// These variables make a loader, a shell or an interpreter run code, or run another program than the user names. A user
// who may write a secret must not thereby run code.
var (
	unsafeNames = []string{
		"PATH", "PATHEXT", "COMSPEC", "PSMODULEPATH", "HOME", "XDG_CONFIG_HOME",
		"SHELL", "ENV", "IFS", "PS0", "PS1", "PS2", "PS4", "PROMPT_COMMAND", "SHELLOPTS", "BASHOPTS", "BASH_ENV", "CDPATH",
		"ZDOTDIR", "FPATH", "GCONV_PATH", "LOCPATH", "GLIBC_TUNABLES", "GTK_MODULES", "GTK_PATH", "QT_PLUGIN_PATH",
		"EDITOR", "VISUAL", "PAGER", "MANPAGER", "BROWSER", "LESS", "LESSOPEN", "LESSCLOSE",
		"VIMINIT", "GVIMINIT", "EXINIT", "EMACSLOADPATH",
		"NODE_OPTIONS", "NODE_PATH",
		"CLASSPATH", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS", "MAVEN_OPTS", "GRADLE_OPTS",
		"DOTNET_STARTUP_HOOKS", "LUA_INIT", "LUA_PATH", "LUA_CPATH",
		"PHPRC", "PHP_INI_SCAN_DIR", "R_PROFILE", "R_PROFILE_USER",
		"MAKEFLAGS", "GOFLAGS", "RUSTC", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER",
		"OPENSSL_CONF", "OPENSSL_MODULES", "OPENSSL_ENGINES",
		"GIT_SSH", "GIT_SSH_COMMAND", "GIT_ASKPASS", "GIT_EDITOR", "GIT_SEQUENCE_EDITOR", "GIT_PAGER", "GIT_EXEC_PATH",
		"GIT_EXTERNAL_DIFF", "GIT_PROXY_COMMAND", "GIT_TEMPLATE_DIR", "GIT_DIR", "HGRCPATH", "SVN_SSH", "RSYNC_RSH",
		"SSH_ASKPASS", "SUDO_ASKPASS",
	}
	unsafePrefixes = []string{
		"LD_", "DYLD_", "BASH_FUNC_", "GIT_CONFIG", "PYTHON", "PERL5", "PERLLIB", "RUBY",
		"LUA_INIT_", "LUA_PATH_", "LUA_CPATH_",
		"ERL_", "COR_PROFILER", "CORECLR_PROFILER", "NPM_CONFIG_",
	}
	// No interpreter runs the value of a variable with one of these prefixes.
	safePrefixes = []string{"PYTHON_", "RUBY_"}
)

// IsUnsafe reports whether a variable makes programs run its value.
func IsUnsafe(name string) bool {
	if runtime.GOOS == "windows" || strings.HasPrefix(strings.ToLower(name), "npm_config_") { // which take any case
		name = strings.ToUpper(name)
	}
	begins := func(prefix string) bool { return strings.HasPrefix(name, prefix) }
	return slices.Contains(unsafeNames, name) ||
		slices.ContainsFunc(unsafePrefixes, begins) && !slices.ContainsFunc(safePrefixes, begins)
}

// AllowUnsafeFlag is the flag that permits unsafe variables.
const AllowUnsafeFlag = "allow-unsafe-variables"

// RefuseUnsafe returns the error of an unsafe variable. It names the source of the value, and not the value.
func RefuseUnsafe(name, source string) error {
	return usage.Errorf("%s would make programs run its value, which is from %s; if that is meant, add --%s",
		name, source, AllowUnsafeFlag)
}

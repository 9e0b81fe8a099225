package dotenv_test

import (
	"strings"
	"testing"

	"example.org/secret/vault/dotenv"
)

func TestParse(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{ // want: NAME|VALUE| and so on
		{"bare", "A=1\nB=two words  \n", "A|1|B|two words|"},
		{"export, blanks and comments", "\n# c\n  export A = 1 # c\n\tB=x#y\nC=#c", "A|1|B|x#y|C||"},
		{"CRLF and BOM", "\ufeffA=1\r\nB=\"2\"\r\n", "A|1|B|2|"},
		{"single quotes", `A='a"b\n$x ${y} # z' # c`, `A|a"b\n$x ${y} # z|`},
		{"double quotes", `A="a'b\n\t\r\\\"\$x\` + "`" + ` # z\w"`, "A|a'b\n\t\r\\\"$x` # z\\w|"},
		{"several lines", "A='1\n2'\nB=\"3\n4\"\nC=5", "A|1\n2|B|3\n4|C|5|"},
		{"backslashes behind the quotes", "A=\"1\"\\\\\\\\ # c\nB='2'\\\\", `A|1\\|B|2\|`},
		{"not UTF-8", "A=\xff\"", "A|\xff\"|"},
		{"dollars", "A=pa$$w0rd$\nB=\"$x\"", "A|pa$$w0rd$|B|$x|"},
		{"a second one of a name", "A=1\nA=2", "A|1|A|2|"},
		{"injection", `A="x\nLD_PRELOAD=/tmp/e.so"`, "A|x\nLD_PRELOAD=/tmp/e.so|"},
		{"reference", "A=secret://prod/db#password?version=3", "A|secret://prod/db#password?version=3|"},
		{"names of Node", "I.J=1\nmy-key=2\n2FA=3", "I.J|1|my-key|2|2FA|3|"},
		{"equals in the value", "A=b=c==", "A|b=c==|"},
	} {
		t.Run(test.name, func(t *testing.T) {
			variables, err := dotenv.Parse(test.text)
			if err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			for _, v := range variables {
				got.WriteString(v.Name + "|" + v.Value + "|")
			}
			if got.String() != test.want {
				t.Errorf("got %q, want %q", got.String(), test.want)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"A=1\ncanary\n", "line 2: "},
		{"A=1\ncanary/x==\n", "line 2: the text before = is not a name: a name has letters, digits, _ . and -"},
		{"=canary", "line 1: "},
		{"export A B=canary", "line 1: "},
		{"A='canary\n", "line 1: the single quote"},
		{"A=1\nB=\"canary\\\"\n", "line 2: the double quote"},
		{"A='1'canary", "line 1: "},
		{"A=canary${B}", "line 1: ${NAME}"},
		{"A=\"1\ncanary$(B)\"", "line 2: ${NAME}"},
		{"A=canary\x00", "NUL"},
	} {
		variables, err := dotenv.Parse(test.text)
		if err == nil {
			t.Errorf("%q was read as %v", test.text, variables)
			continue
		}
		if !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%q: the error is %q, want %q in it and no value", test.text, err, test.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("A=1\n", "it's \"$x\" `y` \\n\n# z")
	f.Add("export B='\n' # c", "\r\n")
	f.Fuzz(func(t *testing.T, text, value string) {
		// Any text is read or refused; with a value behind it, that comes out last.
		variables, err := dotenv.Parse(text + "\n")
		quoted := `Z="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`).Replace(value) + `" # end`
		all, errAll := dotenv.Parse(text + "\n" + quoted)
		if err != nil || strings.ContainsRune(value, 0) {
			return
		}
		if errAll != nil || len(all) != len(variables)+1 || all[len(all)-1].Value != value {
			t.Fatalf("%q behind %q was read as %v, %v", quoted, text, all, errAll)
		}
	})
}

package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The shells accept the scripts.
func TestCompletionScripts(t *testing.T) {
	t.Parallel()
	for shell, args := range map[string][]string{"bash": {"-n"}, "zsh": {"-n"}, "fish": {"--no-execute"}, "powershell": nil} {
		p := command(t, nil, "completion", shell).start()
		p.wait(0)
		if !strings.Contains(p.out.String(), "inndx") || p.errs.String() != "" {
			t.Errorf("%s: stderr %s", shell, p.errs.String())
		}
		if _, err := exec.LookPath(shell); err != nil || args == nil {
			continue
		}
		cmd := exec.Command(shell, args...)
		cmd.Stdin = strings.NewReader(p.out.String())
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", shell, err, out)
		}
	}
}

// completing is a program of bash that prints what the words are completed to. Bash-completion,
// which interactive shells have, defines the function in it.
const completing = `
_get_comp_words_by_ref() { cur=${COMP_WORDS[COMP_CWORD]}; prev=${COMP_WORDS[COMP_CWORD-1]}; words=("${COMP_WORDS[@]}"); cword=$COMP_CWORD; }
compopt() { :; }
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}; COMP_TYPE=9
__start_inndx
printf '%s\n' "${COMPREPLY[@]}"
`

// Bash completes commands, flags, values, ids of runs and names of jobs.
func TestBashCompletes(t *testing.T) {
	t.Parallel()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("bash is not installed")
	}
	s := serve(t, "DATA_DIR="+t.TempDir())
	_, id := s.startRun(threePages(t))
	twice := s.call("POST", "/v1/jobs", `{"name":"twice"}`, 201).ID
	s.call("POST", "/v1/jobs", `{"name":"twice"}`, 201)
	p := command(t, nil, "completion", "bash").start()
	p.wait(0)
	script := filepath.Join(t.TempDir(), "inndx.bash")
	if err := os.WriteFile(script, []byte(p.out.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	complete := func(url string, words ...string) string {
		t.Helper()
		cmd := exec.Command(bash, append([]string{"-c", completing, "bash", script, binary}, words...)...)
		cmd.Env = append(os.Environ(), "INNDX_URL="+url, "DEFAULT_TENANT_ID=acme")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v: %s", words, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	for _, tc := range []struct {
		url   string
		words []string
		want  string
	}{
		{s.url, []string{"ru"}, "run"},
		{s.url, []string{"runs", "pa"}, "pause"},
		{s.url, []string{"runs", "list", "--sta"}, "--sta"},
		{s.url, []string{"runs", "list", "--status", "pau"}, "paused"},
		{s.url, []string{"runs", "get", ""}, id},
		{s.url, []string{"runs", "stop", id[:6]}, id},
		{s.url, []string{"runs", "get", id, ""}, ""},
		{s.url, []string{"jobs", "run", "te"}, "test"},
		{s.url, []string{"jobs", "run", "twi"}, ""}, // names no job alone
		{s.url, []string{"jobs", "run", twice}, twice},
		{"http://127.0.0.1:1", []string{"runs", "get", ""}, ""}, // without a service it is silent
	} {
		got := complete(tc.url, tc.words...)
		if !strings.HasPrefix(got, tc.want) || tc.want == "" && got != "" {
			t.Errorf("%q is completed to %q, want %q", tc.words, got, tc.want)
		}
	}
}

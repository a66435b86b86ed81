package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"The shell: bash, zsh or fish."`
}

// completeWord is the first argument with which the scripts ask for words.
const completeWord = "__complete"

// The scripts ask the program itself, so that they know what this version knows.
var completionScripts = map[string]string{
	"bash": `# Put this into ~/.bashrc:  source <(ledgersheet completion bash)
_ledgersheet() {
    local IFS=$'\n'
    COMPREPLY=($(ledgersheet ` + completeWord + ` "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _ledgersheet ledgersheet
`,
	"zsh": `#compdef ledgersheet
# Put this into ~/.zshrc, below compinit:  source <(ledgersheet completion zsh)
_ledgersheet() {
    local -a found
    found=("${(@f)$(ledgersheet ` + completeWord + ` "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    if [[ -n "$found[1]" ]]; then compadd -a found; else _files; fi
}
compdef _ledgersheet ledgersheet
`,
	"fish": `# Put this into ~/.config/fish/completions/ledgersheet.fish
complete -c ledgersheet -a '(ledgersheet ` + completeWord + ` (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
`,
}

// Run prints the script for a shell.
func (c *completionCommand) Run(std Stdio) error {
	_, err := io.WriteString(std.Out, completionScripts[c.Shell])
	return err
}

// complete prints what the last of the words may become, a word a line.
func complete(w io.Writer, root *kong.Node, words []string) {
	if len(words) == 0 {
		words = []string{""}
	}
	last := len(words) - 1
	node := root
	for _, word := range words[:last] {
		if i := slices.IndexFunc(node.Children, func(n *kong.Node) bool { return n.Name == word }); i >= 0 {
			node = node.Children[i]
		}
	}
	for _, candidate := range candidates(node, strings.HasPrefix(words[last], "-")) {
		if strings.HasPrefix(candidate, words[last]) {
			fmt.Fprintln(w, candidate)
		}
	}
}

// candidates returns the flags that may follow a command, or else the commands and values.
func candidates(node *kong.Node, flags bool) (list []string) {
	nodes := []*kong.Node{node}
	if node.DefaultCmd != nil {
		nodes = append(nodes, node.DefaultCmd)
	}
	for _, n := range nodes {
		if flags {
			for _, group := range n.AllFlags(true) {
				for _, f := range group {
					list = append(list, "--"+f.Name)
				}
			}
			continue
		}
		for _, child := range n.Children {
			if !child.Hidden {
				list = append(list, child.Name)
			}
		}
		for _, p := range n.Positional {
			if p.Enum != "" {
				list = append(list, strings.Split(p.Enum, ",")...)
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// What the scripts of redaction ask gitleaks: `rules` prints its rules, `scan` the secrets it finds in texts
// (JSON Lines in and out), `tests FOLDER` the examples in Go tests of another scanner's detectors.
package main

import (
	"bufio"
	"encoding/json"
	"os"
	"sort"

	"github.com/zricethezav/gitleaks/v8/detect"
)

func main() {
	switch os.Args[1] {
	case "rules":
		printRules()
	case "scan":
		scan()
	case "tests":
		printTests(os.Args[2])
	}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func print(value any) {
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	check(out.Encode(value))
}

func printRules() {
	detector, err := detect.NewDetectorDefaultConfig()
	check(err)
	var ids []string
	for id := range detector.Config.Rules {
		ids = append(ids, id)
	}
	sort.Strings(ids)
	for _, id := range ids {
		rule := detector.Config.Rules[id]
		if rule.Regex == nil {
			continue
		}
		var allowed []string
		for _, allowlist := range rule.Allowlists {
			for _, regex := range allowlist.Regexes {
				if allowlist.RegexTarget == "" || allowlist.RegexTarget == "secret" {
					allowed = append(allowed, regex.String())
				}
			}
		}
		print(map[string]any{
			"id": id, "regex": rule.Regex.String(), "keywords": rule.Keywords, "entropy": rule.Entropy,
			"group": rule.SecretGroup, "allowed": allowed, "path": rule.Path != nil,
		})
	}
}

func scan() {
	detector, err := detect.NewDetectorDefaultConfig()
	check(err)
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<28)
	for in.Scan() {
		var line struct{ Text, Path string }
		check(json.Unmarshal(in.Bytes(), &line))
		secrets := []string{}
		for _, found := range detector.Detect(detect.Fragment{Raw: line.Text, FilePath: line.Path}) {
			secrets = append(secrets, found.Secret)
		}
		print(secrets)
	}
}

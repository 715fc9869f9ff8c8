// Takes the place of gitleaks' own validation: prints the examples that every rule must find, with the secret in each.
package utils

import (
	"encoding/json"
	"os"
	"sort"
	"strings"

	"github.com/zricethezav/gitleaks/v8/cmd/generate/config/base"
	"github.com/zricethezav/gitleaks/v8/config"
	"github.com/zricethezav/gitleaks/v8/detect"
)

type example struct {
	Kind   string `json:"kind"`
	Text   string `json:"text"`
	Path   string `json:"path,omitempty"`
	Secret string `json:"secret"`
}

func Validate(rule config.Rule, truePositives []string, _ []string) *config.Rule {
	byPath := make([]example, 0, len(truePositives))
	for _, text := range truePositives {
		byPath = append(byPath, example{Kind: rule.RuleID, Text: text})
	}
	record(&rule, byPath)
	return &rule
}

func ValidateWithPaths(rule config.Rule, truePositives map[string]string, _ map[string]string) *config.Rule {
	var byPath []example
	for path, text := range truePositives {
		byPath = append(byPath, example{Kind: rule.RuleID, Text: text, Path: path})
	}
	record(&rule, byPath)
	return &rule
}

func record(rule *config.Rule, examples []example) {
	sort.Slice(examples, func(a, b int) bool {
		return examples[a].Path+examples[a].Text < examples[b].Path+examples[b].Text
	})
	keywords := map[string]struct{}{}
	for at, keyword := range rule.Keywords {
		rule.Keywords[at] = strings.ToLower(keyword)
		keywords[rule.Keywords[at]] = struct{}{}
	}
	cfg := base.CreateGlobalConfig()
	cfg.Rules = map[string]config.Rule{rule.RuleID: *rule}
	cfg.Keywords = keywords
	detector := detect.NewDetector(cfg)
	out := json.NewEncoder(os.Stdout)
	for _, e := range examples {
		found := detector.Detect(detect.Fragment{Raw: e.Text, FilePath: e.Path})
		if len(found) > 0 {
			e.Secret = found[0].Secret
		}
		if err := out.Encode(e); err != nil {
			panic(err)
		}
	}
}

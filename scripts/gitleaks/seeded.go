// Takes the place of gitleaks' generator of secrets: the same secrets every time.
package secrets

import "github.com/lucasjones/reggen"

var count int64

func NewSecret(regex string) string {
	generator, err := reggen.NewGenerator(regex)
	if err != nil {
		panic(err)
	}
	count++
	generator.SetSeed(count)
	return generator.Generate(1)
}

import { privateKey } from '../../seeds/redact/private-key.js';
import { TOKENS } from '../../seeds/redact/token-forms.js';
import { tokenRule } from '../../seeds/redact/tokens.js';
import type { Finding, Rule } from '../../seeds/redact/types.js';

/** Only what is a secret by its own form: what stands behind `password:` in a prompt may be an example. */
const RULES: readonly Rule[] = [privateKey, ...TOKENS.map(tokenRule)];

/** Every place where a rule is to be tried. For a text this short, quicker than the automaton that traces need. */
const PLACES = new RegExp(`(?=${RULES.flatMap(({ keywords }) => keywords.map(escaped)).join('|')})`, 'gi');

/** Secrets in the text of a recipe, in order, none overlapping. */
export function findSecrets(text: string): readonly Finding[] {
  const lower = text.toLowerCase();
  const findings: Finding[] = [];
  for (const { index } of text.matchAll(PLACES)) {
    if (index < (findings.at(-1)?.end ?? 0)) continue;
    const tried = RULES.filter(({ keywords }) =>
      keywords.some((keyword) => lower.startsWith(keyword, index)),
    );
    const finding = tried.map((rule) => rule.find(text, index)).find((found) => found !== undefined);
    if (finding) findings.push(finding);
  }
  return findings;
}

function escaped(keyword: string): string {
  return keyword.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);
}

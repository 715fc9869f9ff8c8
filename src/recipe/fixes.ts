import type { Diagnostic } from './diagnostic.js';

/** One change that was made to a text. */
export interface AppliedFix {
  readonly diagnostic: Diagnostic;
  /** Where the text stood before, and what is there now. */
  readonly offset: number;
  readonly before: string;
  readonly after: string;
}

export interface Fixed {
  readonly text: string;
  readonly applied: readonly AppliedFix[];
}

/**
 * Writes the fixes of diagnostics into the text they were found in, and leaves every other character as it is. Of
 * fixes that overlap only the first is made; one whose place holds something else than it expects is not.
 */
export function applyFixes(text: string, diagnostics: readonly Diagnostic[]): Fixed {
  const applied: AppliedFix[] = [];
  let done = 0;
  let fixed = '';
  for (const fix of diagnostics.flatMap((diagnostic) => fixIn(text, diagnostic) ?? []).sort(byOffset)) {
    if (fix.offset < done) continue;
    fixed += text.slice(done, fix.offset) + fix.after;
    done = fix.offset + fix.before.length;
    applied.push(fix);
  }
  return { text: fixed + text.slice(done), applied };
}

const byOffset = (a: AppliedFix, b: AppliedFix): number => a.offset - b.offset;

function fixIn(text: string, diagnostic: Diagnostic): AppliedFix | undefined {
  const { fix, span } = diagnostic;
  if (!fix || !span) return undefined;
  const before = text.slice(span.offset, span.offset + span.length);
  const at = { diagnostic, offset: span.offset, before };
  if (before === fix.instead) return { ...at, after: fix.replace };
  // A value keeps the quotes it has.
  const quote = before.charAt(0);
  const isQuoted = (quote === '"' || quote === "'") && before === quote + fix.instead + quote;
  return isQuoted && /^[\w$-]+$/.test(fix.replace)
    ? { ...at, after: quote + fix.replace + quote }
    : undefined;
}

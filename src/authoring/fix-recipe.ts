import type { Diagnostic } from '../core/problem.js';
import { readText } from '../recipe/yaml/read-text.js';
import { lineColumn } from '../recipe/yaml/text-lines.js';
import { openRecipe, type OpenedRecipe } from '../run/open-recipe.js';
import { replaceFile } from '../core/files.js';

/** A fix that was written, with its place in the text before it. */
export interface WrittenFix extends Pick<AppliedFix, 'before' | 'after'> {
  readonly code: string;
  readonly line: number;
  readonly column: number;
}

/** A fix can reveal another mistake that can be fixed too. */
const MAX_ROUNDS = 10;

/** Writes the certain fixes into a recipe, if they reduce its mistakes. All other bytes stay unchanged. */
export async function fixRecipe(file: string, cwd: string): Promise<readonly WrittenFix[]> {
  const read = await readText(file);
  if (!read.ok) return [];
  let text = read.value;
  const written: WrittenFix[] = [];
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const opened = await openRecipe(file, { cwd, text });
    const step = await nextStep(opened, (edited) => openRecipe(file, { cwd, text: edited }), text);
    if (!step) break;
    for (const { diagnostic, offset, before, after } of step.applied)
      written.push({ code: diagnostic.code, before, after, ...lineColumn(text, offset) });
    text = step.text;
  }
  if (text !== read.value) await replaceFile(file, text);
  return written;
}

interface Step {
  readonly text: string;
  readonly applied: readonly AppliedFix[];
}

/** All fixes at once if that helps, otherwise the first single fix that helps. */
async function nextStep(
  opened: OpenedRecipe,
  open: (text: string) => Promise<OpenedRecipe>,
  text: string,
): Promise<Step | undefined> {
  const fixable = opened.diagnostics.filter(({ fix }) => fix !== undefined);
  for (const chosen of [fixable, ...fixable.map((diagnostic) => [diagnostic])]) {
    const step = applyFixes(text, chosen);
    if (step.applied.length === 0) continue;
    if (isBetter(opened, await open(step.text), step.applied)) return step;
  }
  return undefined;
}

/** True if each fixed mistake occurs less often and the recipe is still readable. New mistakes may appear behind it. */
function isBetter(before: OpenedRecipe, after: OpenedRecipe, applied: readonly AppliedFix[]): boolean {
  const isReadable = after.loaded.recipe !== undefined || before.loaded.recipe === undefined;
  return (
    isReadable &&
    applied.every(({ diagnostic }) => occurrences(after, diagnostic) < occurrences(before, diagnostic))
  );
}

const occurrences = ({ diagnostics }: OpenedRecipe, { code, message }: Diagnostic): number =>
  diagnostics.filter((other) => other.code === code && other.message === message).length;

/** One change of a text. */
interface AppliedFix {
  readonly diagnostic: Diagnostic;
  /** The place in the old text, the old text and the new text. */
  readonly offset: number;
  readonly before: string;
  readonly after: string;
}

interface Fixed {
  readonly text: string;
  readonly applied: readonly AppliedFix[];
}

/**
 * Applies fixes to the text in which their mistakes were found. If fixes overlap, only the first is applied. A fix
 * is skipped if the text at its place is not what it expects.
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
  // Keep the quotes of the value.
  const quote = before.charAt(0);
  const isQuoted = (quote === '"' || quote === "'") && before === quote + fix.instead + quote;
  return isQuoted && /^[\w$-]+$/.test(fix.replace)
    ? { ...at, after: quote + fix.replace + quote }
    : undefined;
}

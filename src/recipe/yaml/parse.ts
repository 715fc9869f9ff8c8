import { parseDocument, type Document } from 'yaml';

import type { Json } from '../../core/json.js';
import type { Problem } from '../../core/problem.js';
import { isTooDeep } from '../../core/paths.js';
import { createSource } from './source.js';
import { checkNodes } from './checks.js';
import { syntaxProblems, type TextProblem } from './errors.js';
import { blankBrokenTemplates, quoteTemplates } from './templates.js';
import type { RecipeSource } from '../recipe-source.js';

/** A YAML text as data, and the lookup from the data to places in the text. */
export interface ParsedText {
  readonly source: RecipeSource;
  /** `undefined` when the text is not YAML; then `problems` says why. */
  readonly data: Json | undefined;
  readonly problems: readonly Problem[];
}

/**
 * Parses YAML 1.2 (so also JSON, and `<<` merges) and never throws. It recovers from mistakes where it can, so that
 * later ones are found too:
 *
 * 1. the text is parsed; if it has errors, templates without quotes are blanked and it is parsed again (`templates`);
 * 2. templates without quotes that are valid YAML (a map in a map) are replaced by their text (`templates`);
 * 3. the errors of the library are reworded (`errors`), and nodes that JSON cannot express are reported (`checks`);
 * 4. the document becomes data, and stays for lookups of places in the text (`source`).
 */
export function parseYamlText(file: string, text: string): ParsedText {
  const asWritten = parse(text);
  const blanked = blankBrokenTemplates(text, asWritten.errors);
  const document = blanked.text === text ? asWritten : parse(blanked.text);
  const checks = [
    blanked.problems,
    quoteTemplates(text, document),
    syntaxProblems(text, document.errors),
    checkNodes(text, document),
  ].flat();
  const isReadable = document.errors.length === 0 && !checks.some((problem) => problem.isFatal);
  const data = isReadable ? toData(document) : undefined;

  const problems = checks.map((problem) => onFile(problem, file));
  if (isReadable && data === undefined) problems.push({ ...tooDeep, at: [], place: { file } });
  return { source: createSource(file, text, document), data, problems };
}

function parse(text: string): Document {
  return parseDocument(text, { merge: true, uniqueKeys: false, prettyErrors: false });
}

function onFile(problem: TextProblem, file: string): Problem {
  const { span, isFatal: _, ...words } = problem;
  return { ...words, at: [], place: { file, span } };
}

const tooDeep = {
  code: 'yaml-too-deep',
  message: 'the YAML is nested too deeply, contains itself, or expands its aliases too often',
};

/** `undefined` when the data is too deep or cyclic, or when its aliases expand too often (the library throws then). */
function toData(document: Document): Json | undefined {
  try {
    const data = document.toJS() as Json;
    return isTooDeep(data) ? undefined : data;
  } catch (error) {
    if (error instanceof ReferenceError) return undefined;
    throw error;
  }
}

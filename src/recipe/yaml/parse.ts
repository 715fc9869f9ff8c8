import { parseDocument, type Document } from 'yaml';

import type { Json } from '../../core/json.js';
import type { Problem } from '../../core/problem.js';
import { isTooDeep } from '../../core/paths.js';
import { createSource } from './source.js';
import { checkNodes } from './checks.js';
import { syntaxProblems, type TextProblem } from './errors.js';
import { blankBrokenTemplates, quoteTemplates } from './templates.js';
import type { RecipeSource } from '../recipe-source.js';

/** YAML text as data, with the way back from the data to the text. */
export interface ParsedText {
  readonly source: RecipeSource;
  /** `undefined` when the text is not YAML; then `problems` says why. */
  readonly data: Json | undefined;
  readonly problems: readonly Problem[];
}

/**
 * Reads YAML 1.2 (JSON included, and `<<` merges) and never throws. What can be read despite a mistake is
 * read, so that the mistakes after it are found as well.
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
  message: 'the YAML is nested too deeply, contains itself, or repeats its aliases without end',
};

/** `undefined` when the data has no bottom or no end; the YAML library throws for alias bombs. */
function toData(document: Document): Json | undefined {
  try {
    const data = document.toJS() as Json;
    return isTooDeep(data) ? undefined : data;
  } catch (error) {
    if (error instanceof ReferenceError) return undefined;
    throw error;
  }
}

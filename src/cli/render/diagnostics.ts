import { relative } from 'node:path';
import picocolors from 'picocolors';
import type { Diagnostic, Span } from '../../core/problem.js';
import { lineAt, lineColumn } from '../../recipe/yaml/text-lines.js';
import { count, safe } from './text.js';

export interface DiagnosticsView {
  /** File names are relative to this folder if the file is inside it. */
  readonly cwd: string;
  readonly color: boolean;
  /** The text of a file, to show the line; `undefined` if there is none. */
  readonly textOf: (file: string) => string | undefined;
  /** Columns of the terminal. */
  readonly width?: number;
}

type Colors = ReturnType<typeof picocolors.createColors>;

/**
 * Draws mistakes for a terminal: place, message, the line with the text underlined, and a hint.
 *
 *     recipes/x.yaml:12:5 error unknown key `promt` in column `digest` [unknown-key]
 *        12 |     promt: |
 *           |     ^^^^^ did you mean `prompt`?
 */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], view: DiagnosticsView): string {
  const colors = picocolors.createColors(view.color);
  return diagnostics.map((diagnostic) => `${render(diagnostic, view, colors)}\n`).join('\n');
}

/** `3 errors, 1 warning`, or `no mistakes found`. */
export function summarizeDiagnostics(diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
  const warnings = diagnostics.length - errors;
  const parts = [
    ...(errors > 0 ? [count(errors, 'error')] : []),
    ...(warnings > 0 ? [count(warnings, 'warning')] : []),
  ];
  return parts.join(', ') || 'no mistakes found';
}

function render(diagnostic: Diagnostic, view: DiagnosticsView, colors: Colors): string {
  const { severity, code, message, hint, span } = diagnostic;
  const text = span && view.textOf(diagnostic.file);
  const paint = severity === 'error' ? colors.red : colors.yellow;
  const head = [
    colors.bold(place(diagnostic, text, view.cwd)),
    paint(severity),
    safe(message),
    colors.dim(`[${code}]`),
  ].join(' ');
  if (span && text) return `${head}\n${frame(text, span, hint, { paint, colors, width: view.width ?? 100 })}`;
  return hint === undefined ? head : `${head}\n     ${paint(safe(hint))}`;
}

function place({ file, span }: Diagnostic, text: string | undefined, cwd: string): string {
  const fromHere = relative(cwd, file);
  const name = safe(file.startsWith('-') || fromHere === '' || fromHere.startsWith('..') ? file : fromHere);
  if (!span || text === undefined) return name;
  const { line, column } = lineColumn(text, span.offset);
  return `${name}:${line}:${column}`;
}

interface Drawing {
  readonly paint: (text: string) => string;
  readonly colors: Colors;
  readonly width: number;
}

/** The first line of the span with its number, and the span underlined. */
function frame(
  text: string,
  span: Span,
  hint: string | undefined,
  { paint, colors, width }: Drawing,
): string {
  const number = String(lineColumn(text, span.offset).line).padStart(5);
  const line = lineAt(text, span.offset);
  const { shown, indent, length } = excerpt(line.text, span.offset - line.start, span.length, width - 10);
  const carets = '^'.repeat(Math.max(1, length));
  const words = hint === undefined ? '' : ` ${safe(hint)}`;
  const rule = colors.dim('|');
  return `${colors.dim(number)} ${rule} ${shown}\n      ${rule} ${' '.repeat(indent)}${paint(carets + words)}`;
}

/** A part of a line as a terminal shows it, with the position of the marked text in terminal columns. */
interface Excerpt {
  readonly shown: string;
  readonly indent: number;
  readonly length: number;
}

const TAB = '  ';

/**
 * The part of a line around the marked text, at most about `width` columns wide. Tabs become spaces, wide
 * characters count as two columns, and control characters become dots.
 *
 * @param start index of the first marked character in the line
 */
function excerpt(line: string, start: number, length: number, width: number): Excerpt {
  const end = Math.min(line.length, start + length);
  const [before, marked, after] = [line.slice(0, start), line.slice(start, end), line.slice(end)].map(
    visible,
  ) as [string, string, string];
  const shownMarked = cutEnd(marked, width);
  const room = Math.max(0, width - columns(shownMarked));
  const isWhole = columns(before) + columns(after) <= room;
  const left = isWhole ? before : cutStart(before, Math.max(room - columns(after), Math.floor(room / 2)));
  const right = isWhole ? after : cutEnd(after, Math.max(0, room - columns(left)));
  return {
    shown: (left + shownMarked + right).trimEnd(),
    indent: columns(left),
    length: columns(shownMarked),
  };
}

/** The width of a text in terminal columns. */
function columns(text: string): number {
  let sum = 0;
  for (const char of text) sum += /\p{M}/u.test(char) ? 0 : isWide(char) ? 2 : 1;
  return sum;
}

const isWide = (char: string): boolean =>
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303f\uff01-\uff60]/u.test(
    char,
  );

function visible(text: string): string {
  return text.replaceAll('\t', TAB).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '·');
}

function cutEnd(text: string, width: number): string {
  if (columns(text) <= width) return text;
  let kept = '';
  for (const char of text.slice(0, width)) {
    if (columns(kept + char) >= width) break;
    kept += char;
  }
  return width > 0 ? `${kept}…` : '';
}

function cutStart(text: string, width: number): string {
  if (columns(text) <= width) return text;
  const chars = [...text].slice(-Math.max(0, width));
  while (columns(chars.join('')) >= Math.max(1, width)) chars.shift();
  return `…${chars.join('')}`;
}

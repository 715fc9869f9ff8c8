/**
 * `schema_transform`: a second dataset beside the main one, whose rows have the shape of a template. As in Data
 * Designer, the texts of the template are one Jinja template, so what one of them sets, a later one can read; each text
 * becomes a text, whatever it prints. `keep_types` gives the value itself where a text is one reference and no more.
 */
import { createHash } from 'node:crypto';
import type { ColumnReference } from '../columns/types.js';
import type { ProcessorConfig } from '../core/config.js';
import { isObject, type Json, type JsonObject, type JsonPath } from '../core/json.js';
import { valueAt } from '../core/paths.js';
import type { Problem, Span } from '../core/problem.js';
import { err, ok, type Result } from '../core/result.js';
import { parseTemplate } from '../template/jinja.js';
import { shapeSchema } from './shape-schema.js';
import type { PassingRow, ProcessorContext, ProcessorType } from './types.js';

interface SchemaTransformConfig extends ProcessorConfig {
  readonly template: JsonObject;
  readonly keep_types?: boolean;
}

export const schemaTransform: ProcessorType<SchemaTransformConfig> = {
  type: 'schema_transform',
  summary: 'Makes a second dataset, whose rows have the shape of a template.',
  schema: {
    properties: {
      template: {
        type: 'object',
        minProperties: 1,
        description:
          'A map of columns: texts are Jinja, and may be in lists and maps. Each text gives a text.',
      },
      keep_types: {
        type: 'boolean',
        default: false,
        description:
          'A text that is one reference and no more, `{{ score }}`, gives the value with its type.',
      },
    },
    required: ['template'],
  },
  prepare({ name, template, keep_types: keepTypes = false }, { columns, typeOf }, report) {
    const leaves = leavesOf(template);
    checkKeys(template, ['template'], report);
    const parsed = parseLeaves(leaves, report);
    /** The path of each text that gives the value itself. */
    const typedPaths = leaves.map(({ path }) => {
      const plain = keepTypes ? parsed.plainPaths.get(path) : undefined;
      return plain && columns.some((column) => column.name === plain[0]) ? plain : undefined;
    });
    const fill = (row: JsonObject): Result<JsonObject, string> => {
      const texts = parsed.render(row);
      if (!texts.ok) return texts;
      const values = typedPaths.map((plain, index) =>
        plain ? (valueAt(row, plain) ?? null) : (texts.value[index] ?? ''),
      );
      return ok(filled(template, values.values()) as JsonObject);
    };
    const types = new Map(leaves.map(({ path }, index) => [keyOf(path), typedPaths[index]]));
    return {
      name,
      type: 'schema_transform',
      references: parsed.references,
      named: [],
      columns,
      countOf: (rows) => rows,
      beside: Object.entries(template).map(([column, shape]) => ({
        name: column,
        schema: shapeSchema(shape, (path) => {
          const plain = types.get(keyOf([column, ...path]));
          return plain ? (typeOf(plain) ?? {}) : { type: 'string' };
        }),
        from: 'column',
      })),
      async *pass(rows: AsyncIterable<PassingRow>, { write, leaveOut }: ProcessorContext) {
        for await (const passing of rows) {
          const made = fill(passing.row);
          if (made.ok) await write(made.value);
          else await leaveOut(passing, `it has no place in the template: ${made.error}`);
          yield passing;
        }
      },
    };
  },
};

/** A text of the template. */
interface Leaf {
  /** Its path in the template. */
  readonly path: JsonPath;
  readonly text: string;
}

const keyOf = (path: JsonPath): string => JSON.stringify(path);

function leavesOf(value: Json, path: JsonPath = []): readonly Leaf[] {
  if (typeof value === 'string') return [{ path, text: value }];
  if (Array.isArray(value))
    return (value as readonly Json[]).flatMap((inner, index) => leavesOf(inner, [...path, index]));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, [...path, key]));
}

/** The template with a value in the place of each text, in the order of `leavesOf`. */
function filled(value: Json, values: Iterator<Json, undefined>): Json {
  if (typeof value === 'string') return values.next().value ?? null;
  if (Array.isArray(value)) return (value as readonly Json[]).map((inner) => filled(inner, values));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, filled(inner, values)]));
}

/** Keys are the names of columns and fields, which are the same in all rows. */
function checkKeys(value: Json, at: JsonPath, report: (problem: Problem) => void): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value) as [string, Json][]) {
    const place = [...at, Array.isArray(value) ? Number(key) : key];
    if (/\{[{%#]/.test(key))
      report({
        code: 'invalid-value',
        message: 'a name in `template` is the same in all rows, so it cannot be Jinja',
        hint: 'write the name itself, and Jinja in its value',
        at: place,
        onKey: true,
      });
    checkKeys(inner, place, report);
  }
}

interface ParsedLeaves {
  readonly references: readonly ColumnReference[];
  /** Of the texts that are one reference and no more, by their paths. */
  readonly plainPaths: ReadonlyMap<JsonPath, readonly string[]>;
  /** The text of each leaf, or a sentence that says what failed. */
  render(row: JsonObject): Result<readonly string[], string>;
}

type Report = (problem: Problem) => void;

/** A value that is missing prints as JSON prints it; filters and conditions see the null. */
const AS_JSON = { nullText: 'null' };

/** Texts without statements are rendered one by one: only `{% … %}` can reach from one into another. */
function parseLeaves(leaves: readonly Leaf[], report: Report): ParsedLeaves {
  return leaves.some(({ text }) => text.includes('{%'))
    ? parseJoined(leaves, report)
    : parseEach(leaves, report);
}

function parseEach(leaves: readonly Leaf[], report: Report): ParsedLeaves {
  const templates = leaves.map(({ path, text }) => {
    const parsed = parseTemplate(text);
    if (parsed.ok) return parsed.value;
    for (const { span, ...problem } of parsed.error)
      report({ ...problem, at: ['template', ...path], within: span });
    return undefined;
  });
  return {
    references: leaves.flatMap(({ path }, index) =>
      (templates[index]?.references ?? []).map((read) => ({ ...read, at: ['template', ...path] })),
    ),
    plainPaths: new Map(
      leaves.flatMap(({ path }, index) => {
        const plain = templates[index]?.plainPath;
        return plain ? [[path, plain] as const] : [];
      }),
    ),
    render(row) {
      const texts: string[] = [];
      for (const template of templates) {
        const text = template?.render(row, AS_JSON) ?? err('it could not be parsed');
        if (!text.ok) return text;
        texts.push(text.value);
      }
      return ok(texts);
    },
  };
}

function parseJoined(leaves: readonly Leaf[], report: Report): ParsedLeaves {
  const source = leaves.map(({ text }) => text).join('');
  // No value has it: it depends on the template.
  const mark = `\u001E${createHash('sha256').update(source).digest('hex')}\u001E`;
  const starts: number[] = [];
  let end = 0;
  for (const { text } of leaves) {
    starts.push(end);
    end += text.length + mark.length;
  }
  const inLeaf = ({ offset, length }: Span): { readonly at: JsonPath; readonly within: Span } => {
    const index = Math.max(
      0,
      starts.findLastIndex((start) => start <= offset),
    );
    const within = { offset: offset - (starts[index] ?? 0), length };
    return { at: ['template', ...(leaves[index]?.path ?? [])], within };
  };
  const parsed = parseTemplate(leaves.map(({ text }) => text).join(mark));
  if (!parsed.ok) for (const { span, ...problem } of parsed.error) report({ ...problem, ...inLeaf(span) });
  const template = parsed.ok ? parsed.value : undefined;
  return {
    references: (template?.references ?? []).map((read) => {
      const { at, within } = inLeaf(read.span);
      return { ...read, at, span: within };
    }),
    plainPaths: new Map(
      leaves.flatMap(({ path, text }) => {
        const alone = parseTemplate(text);
        return alone.ok && alone.value.plainPath ? [[path, alone.value.plainPath] as const] : [];
      }),
    ),
    render(row) {
      const text = template?.render(row, AS_JSON) ?? err('it could not be parsed');
      if (!text.ok) return text;
      const texts = text.value.split(mark);
      return texts.length === leaves.length ? ok(texts) : err('a loop reaches from one text into another');
    },
  };
}

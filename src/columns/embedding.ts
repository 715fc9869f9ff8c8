/** `embedding`: vectors of the texts of another column, in Data Designer's form. */
import type { ColumnConfig } from '../core/config.js';
import { shallowJsonIn, type Json, type JsonObject, type JsonSchema } from '../core/json.js';
import { err, ok, type Result } from '../core/result.js';
import { aliasesProperty } from './llm.js';
import { renderFailure } from './prompt.js';
import type { ColumnType } from './types.js';

interface EmbeddingConfig extends ColumnConfig {
  readonly target_column: string;
  /** One alias, or several in order of fallback. */
  readonly model_alias: string | readonly string[];
}

const SCHEMA: JsonSchema = {
  type: 'object',
  properties: {
    embeddings: { type: 'array', items: { type: 'array', items: { type: 'number' } } },
    num_embeddings: { type: 'integer' },
    dimension: { type: 'integer' },
  },
  required: ['embeddings', 'num_embeddings', 'dimension'],
  additionalProperties: false,
};

export const embedding: ColumnType<EmbeddingConfig> = {
  type: 'embedding',
  summary: 'Vectors of the texts of another column, made by an embedding model.',
  schema: {
    properties: {
      target_column: {
        type: 'string',
        minLength: 1,
        description: 'The column with the text, with a list of texts, or with such a list as JSON in text.',
      },
      model_alias: aliasesProperty,
    },
    required: ['target_column', 'model_alias'],
  },
  prepare({ name, target_column: target, model_alias }) {
    const modelAliases = [model_alias].flat();
    const [alias = '', ...fallbacks] = modelAliases;
    return {
      name,
      references: [
        {
          path: [target],
          at: ['target_column'],
          span: { offset: 0, length: target.length },
          optional: false,
        },
      ],
      modelAliases,
      task: 'embedding',
      makes: [name],
      types: () => [SCHEMA],
      async generate(row, { models, rowId, row: priority }) {
        const texts = textsIn(row[target] ?? null);
        if (!texts.ok)
          return { state: 'failed', failure: renderFailure(`target_column: ${target} ${texts.error}`) };
        // Nothing to ask for: Data Designer sends the empty list, which servers refuse.
        if (texts.value.length === 0) return { state: 'done', cells: { [name]: cellOf([]) } };
        const messages = texts.value.map((content) => ({ role: 'user' as const, content }));
        const reply = await models.ask({
          alias,
          fallbacks,
          column: name,
          task: 'embedding',
          messages,
          rowId,
          priority,
        });
        if (!reply.ok) return { state: 'failed', failure: reply.error };
        return {
          state: 'done',
          cells: { [name]: cellOf(reply.value.value as readonly (readonly number[])[]) },
        };
      },
    };
  },
};

const cellOf = (embeddings: readonly (readonly number[])[]): JsonObject => ({
  embeddings,
  num_embeddings: embeddings.length,
  dimension: embeddings[0]?.length ?? 0,
});

/** A text, a list of texts, or such a list as JSON in text. Other values are embedded as they print. */
function textsIn(value: Json): Result<readonly string[], string> {
  const text = typeof value === 'string' ? value.trim() : undefined;
  const listed = text?.startsWith('[') === true ? shallowJsonIn(text) : undefined;
  const list: readonly Json[] = Array.isArray(value)
    ? value
    : Array.isArray(listed)
      ? listed
      : [text ?? value];
  const texts = list.map((entry) =>
    (typeof entry === 'string' ? entry : JSON.stringify(entry)).trim().toWellFormed(),
  );
  if (list.includes(null)) return err('is null in this row, and has no text');
  if (texts.includes('')) return err('is empty in this row, and an empty text has no vector');
  return ok(texts);
}

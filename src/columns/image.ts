/** `image`: pictures made by a model, as files beside the rows. A cell is the list of their paths. */
import type { ColumnConfig } from '../core/config.js';
import type { JsonObject } from '../core/json.js';
import { bytesOfBase64, mediaTypeOf } from '../core/media-type.js';
import { aliasesProperty } from './llm.js';
import { mediaContextProperty, prepareMedia, withMedia, type MediaContext } from './media-context.js';
import { preparePrompt, renderFailure } from './prompt.js';
import type { ColumnType, MediaFiles } from './types.js';

interface ImageConfig extends ColumnConfig {
  readonly prompt: string;
  /** One alias, or several in order of fallback. */
  readonly model_alias: string | readonly string[];
  readonly multi_modal_context?: readonly MediaContext[];
}

export const image: ColumnType<ImageConfig> = {
  type: 'image',
  summary: 'Pictures made by a model, as files of the dataset.',
  schema: {
    properties: {
      model_alias: aliasesProperty,
      prompt: {
        type: 'string',
        minLength: 1,
        description: 'Jinja template of what the picture shows. Other columns are read by name.',
      },
      multi_modal_context: mediaContextProperty,
    },
    required: ['model_alias', 'prompt'],
  },
  prepare(config, report) {
    const { name, prompt: source, model_alias, multi_modal_context = [] } = config;
    const prompt = preparePrompt({ prompt: source }, report);
    const context = prepareMedia(multi_modal_context);
    const modelAliases = [model_alias].flat();
    const [alias = '', ...fallbacks] = modelAliases;
    return {
      name,
      references: [...prompt.references, ...context.references],
      modelAliases,
      task: 'image',
      modalities: context.modalities,
      makes: [name],
      types: () => [{ type: 'array', items: { type: 'string' } }],
      ...(prompt.usesRandom && { isRandom: true }),
      async generate(row, { models, media, rowId, row: priority, random }) {
        const messages = prompt.render(row, {
          fitScale: 1,
          random: prompt.usesRandom ? random() : undefined,
        });
        if (!messages.ok) return { state: 'failed', failure: messages.error };
        const parts = await context.read(row, media);
        if (!parts.ok) return { state: 'failed', failure: renderFailure(parts.error) };
        const reply = await models.ask({
          alias,
          fallbacks,
          column: name,
          task: 'image',
          messages: withMedia(messages.value, parts.value),
          rowId,
          random,
          priority,
        });
        if (!reply.ok) return { state: 'failed', failure: reply.error };
        return {
          state: 'done',
          cells: await cellsOf(name, reply.value.value as readonly string[], media),
        };
      },
    };
  },
};

/** The bytes were checked when the answer was read. Without files, the cell has the data itself. */
async function cellsOf(
  name: string,
  images: readonly string[],
  media: MediaFiles | undefined,
): Promise<JsonObject> {
  const paths: string[] = [];
  for (const base64 of images) {
    const bytes = bytesOfBase64(base64);
    const type = bytes.ok ? mediaTypeOf(bytes.value) : bytes;
    if (!bytes.ok || !type.ok) throw new Error(`an image of ${name} was not checked`);
    const { extension, mime } = type.value;
    paths.push(media ? await media.keep(name, bytes.value, extension) : `data:${mime};base64,${base64}`);
  }
  return { [name]: paths };
}

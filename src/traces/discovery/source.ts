import type { SeedType } from '../../seeds/types.js';

/** `seed_config.source` of an `agent_rollout` seed. */
export interface RolloutSource {
  /** The name of a format, or `auto`: every format, recognised by content. */
  readonly format?: string;
  /** Folders or single files; the tools' default folders when left out. */
  readonly path?: string | readonly string[] | null;
  /** Base names to look at; the format's own pattern when left out. */
  readonly file_pattern?: string | null;
  readonly recursive?: boolean;
}

export const AUTO = 'auto';

export function sourceSchema(formats: readonly string[]): SeedType['schema'] {
  return {
    properties: {
      format: {
        enum: [AUTO, ...formats],
        default: AUTO,
        description:
          'Trace format. auto reads every default folder; with `path` it recognises each file by its content.',
      },
      path: {
        type: ['string', 'array', 'null'],
        items: { type: 'string' },
        minItems: 1,
        description:
          "Folder of trace files, a single file, or a list of them; relative to the recipe or starting with ~. Default: the tools' own folders.",
      },
      file_pattern: {
        type: ['string', 'null'],
        minLength: 1,
        pattern: String.raw`^[^/\\]*$`,
        description: "Pattern of file names (*, ?, [abc]). Default: the format's own pattern.",
      },
      recursive: { type: 'boolean', default: true, description: 'Also read sub-folders.' },
    },
    required: [],
  };
}

import type { SeedError, SeedType } from '../../seeds/types.js';
import type { RolloutFormat } from '../format.js';
import { nameMatcher } from './list-files.js';

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

export function sourceSchema(formats: readonly RolloutFormat[]): SeedType['schema'] {
  return {
    properties: {
      format: {
        enum: [AUTO, ...formats.map(({ name }) => name)],
        default: AUTO,
        description:
          'Rollout format. auto reads every default folder, or tells the files of `path` apart by content.',
      },
      path: {
        type: ['string', 'array', 'null'],
        items: { type: 'string' },
        minItems: 1,
        description:
          "Folder of trace files, a single file, or a list of them; relative to the recipe or starting with ~. The tools' own folders when left out.",
      },
      file_pattern: {
        type: ['string', 'null'],
        minLength: 1,
        pattern: String.raw`^[^/\\]*$`,
        description: "Which file names to read (*, ?, [abc]); the format's own pattern when left out.",
      },
      recursive: { type: 'boolean', default: true, description: 'Whether to look into sub-folders.' },
    },
    required: [],
  };
}

/** The mistake in a `file_pattern`, if any: it matches base names, not paths. */
export function patternError(pattern: string | null | undefined): SeedError | undefined {
  if (pattern === null || pattern === undefined) return undefined;
  if (pattern.trim() === '') return wrongPattern('the file pattern is an empty text');
  if (/[/\\]/.test(pattern)) {
    return wrongPattern(`the file pattern ${pattern} holds a path; it is matched against file names`);
  }
  try {
    nameMatcher(pattern);
    return undefined;
  } catch {
    return wrongPattern(`the file pattern ${pattern} is not valid`);
  }
}

function wrongPattern(message: string): SeedError {
  return { key: 'file_pattern', message, hint: 'for example *.jsonl' };
}

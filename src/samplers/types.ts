import type { Json, JsonObject, JsonPath, JsonSchema } from '../core/json.js';
import type { Problem } from '../core/problem.js';
import type { Random } from '../core/random.js';

/**
 * One sampler type. A new one is a file that exports one of these, and a line in `registry.ts`. `Params` is a `type`,
 * not an `interface`.
 */
export interface SamplerType<Params = JsonObject> {
  /** The value of `sampler_type`. */
  readonly type: string;
  /** One line, for `dd schema` and editors. */
  readonly summary: string;
  /** JSON Schema of the keys of `params`. Any other key is a mistake. */
  readonly schema: {
    readonly properties: JsonObject;
    readonly required: readonly string[];
    readonly rules?: JsonObject;
  };
  /** What `convert_to` can be: `float`, `int` and `str`; a pattern of strftime; or nothing. */
  readonly convert: 'number' | 'strftime' | 'none';
  /** The columns that it reads. They must be sampler columns, and are drawn first. */
  reads?(params: Params): readonly SamplerRead[];
  /** Mistakes that the schema cannot say, with paths relative to `params`. Unknown columns are reported already. */
  check?(params: Params, context: SamplerContext): readonly Problem[];
  /** JSON Schema of the values, before `convert_to`: an `enum` where they are few. */
  valueSchema(params: Params): JsonSchema;
  /** The limits of the values, where there are some: a constraint outside of them can never hold. */
  range?(params: Params): ValueRange;
  /** Loads what `prepare` needs, such as a package that few recipes use: awaited before it. */
  load?(params: Params): Promise<void>;
  /**
   * Prepares the params once; the result draws one value. `row` has the values of the columns that it reads: dates
   * before `convert_to`, all others after it. Called with the params of one condition or of none.
   *
   * A date is ISO text with seconds and without a zone (`2024-01-18T20:12:53`), in UTC, until `convert_to` formats
   * it: as text it has the order of time, and conditions and constraints compare it so. `undefined`: these params have
   * no value for this row.
   */
  prepare(params: Params): (random: Random, row: JsonObject) => Json | undefined;
}

/** A column that a sampler reads. */
export interface SamplerRead {
  readonly column: string;
  /** Path of its name in `params`. */
  readonly at: JsonPath;
}

/** What a check can know of the recipe. */
export interface SamplerContext {
  /** The params belong to a condition, so they need not suit every row. */
  readonly isConditional: boolean;
  /** Another sampler column without mistakes. */
  sampler(column: string): SamplerColumn | undefined;
}

export interface SamplerColumn {
  readonly type: string;
  /** Every value that it can have, after `convert_to`; `undefined` when they are not known or too many. */
  readonly values: readonly Json[] | undefined;
}

/** Limits of values: numbers, or dates as ISO text. A limit that is left out does not exist. */
export interface ValueRange {
  readonly min?: number | string;
  readonly max?: number | string;
  /** True when `max` itself is never drawn. */
  readonly isMaxExcluded?: boolean;
}

import type { ColumnConfig } from '../../core/config.js';
import { allParams, readableType, SAMPLER, type SamplerConfig } from '../../columns/sampler.js';
import type { JsonSchema } from '../../core/json.js';
import { pathKey } from '../../core/paths.js';
import type { Problem } from '../../core/problem.js';
import { possibleValues } from '../../json-schema/possible-values.js';
import { dateFormatter } from '../../samplers/strftime.js';
import type { SamplerColumn, SamplerType } from '../../samplers/types.js';
import type { DraftColumn } from '../draft.js';
import type { Check, CheckContext } from './check.js';
import { templatePlace } from './references.js';

/** A sampler column without mistakes of form. */
export interface DraftSampler {
  readonly draft: DraftColumn;
  readonly config: SamplerConfig;
  readonly type: SamplerType;
}

/** What sampler columns read, and the params and conversions that do not suit their types. */
export const samplers: Check = {
  name: 'samplers',
  run(context) {
    const found = samplersOf(context);
    const columns = new Map(
      found.map((sampler) => [sampler.draft.name, seenByOthers(sampler, context.types)]),
    );
    return found.flatMap((sampler) => [
      ...readProblems(sampler, context),
      ...paramProblems(sampler, columns),
      ...conversionProblems(sampler),
      ...skipProblems(sampler),
      ...conditionProblems(sampler, context),
    ]);
  },
};

export function samplersOf({ columns }: CheckContext): readonly DraftSampler[] {
  return columns.flatMap((draft) => {
    const config = draft.config as ColumnConfig as SamplerConfig;
    const type = config.column_type === SAMPLER && draft.prepared ? readableType(config) : undefined;
    return type ? [{ draft, config, type }] : [];
  });
}

function seenByOthers({ draft, type }: DraftSampler, types: ReadonlyMap<string, JsonSchema>): SamplerColumn {
  const schema = types.get(draft.name);
  return { type: type.type, values: schema && possibleValues(schema) };
}

/** Samplers are drawn before anything else is made, so they can only read each other. */
function readProblems({ draft }: DraftSampler, { columns, scope }: CheckContext): readonly Problem[] {
  return draft.references.flatMap((reference): readonly Problem[] => {
    const [root = ''] = reference.path;
    const maker = scope.makers.get(root);
    const other = columns.find(({ name }) => name === maker);
    const kind = other ? other.config.column_type : scope.seed?.has(root) ? 'seed' : SAMPLER;
    if (kind === SAMPLER || maker === draft.name) return [];
    return [
      {
        code: 'not-a-sampler',
        message: `a sampler column can read only sampler columns, and \`${root}\` is a column of ${kind === 'seed' ? 'the seed' : `type \`${kind}\``}`,
        hint: 'make this column with an `expression`: it reads any column, and `{{ […] | random }}` chooses at random',
        ...templatePlace(draft, reference),
        ...(reference.span.length > 0 && { within: reference.span }),
      },
    ];
  });
}

function paramProblems(
  { draft, config, type }: DraftSampler,
  columns: ReadonlyMap<string, SamplerColumn>,
): readonly Problem[] {
  const sampler = (name: string): SamplerColumn | undefined => columns.get(name);
  const variants = [
    { at: ['params'], params: config.params ?? {}, isConditional: false },
    ...Object.entries(config.conditional_params ?? {}).map(([condition, params]) => ({
      at: ['conditional_params', condition],
      params,
      isConditional: true,
    })),
  ];
  return variants.flatMap(({ at, params, isConditional }) =>
    (type.check?.(params, { isConditional, sampler }) ?? []).map((problem) => ({
      ...problem,
      at: [...draft.at, ...at, ...problem.at],
    })),
  );
}

function conversionProblems({ draft, config, type }: DraftSampler): readonly Problem[] {
  const { convert_to: convertTo } = config;
  if (convertTo === undefined) return [];
  const at = [...draft.at, 'convert_to'];
  if (type.convert === 'none') {
    const message = `values of sampler type \`${type.type}\` cannot be converted`;
    return [{ code: 'invalid-value', message, hint: 'remove `convert_to`', at, onKey: true }];
  }
  if (type.convert === 'strftime') {
    const format = dateFormatter(convertTo);
    return format.ok ? [] : [{ code: 'invalid-value', message: `\`convert_to\`: ${format.error}`, at }];
  }
  const values = convertTo !== 'str' ? textValues({ draft, config, type }) : [];
  const wrong = values.find((value) => value.trim() === '' || !Number.isFinite(Number(value)));
  if (wrong === undefined) return [];
  const message = `the value \`${wrong}\` is not a number, so it cannot be converted to \`${convertTo}\``;
  return [{ code: 'invalid-value', message, hint: 'correct the value, or remove `convert_to`', at }];
}

/** The texts among the values, before they are converted. */
function textValues({ config, type }: DraftSampler): readonly string[] {
  return allParams(config)
    .flatMap((params) => possibleValues(type.valueSchema(params)) ?? [])
    .filter((value) => typeof value === 'string');
}

function skipProblems({ draft, config }: DraftSampler): readonly Problem[] {
  if (config.skip === undefined) return [];
  const message = `sampler columns cannot be skipped`;
  const hint = 'put `skip` on the columns that read it, or use `conditional_params`';
  return [{ code: 'invalid-value', message, hint, at: [...draft.at, 'skip'], onKey: true }];
}

function conditionProblems({ draft, config }: DraftSampler, { earlier }: CheckContext): readonly Problem[] {
  const known = new Set([
    ...draft.references.map(({ at }) => pathKey([...draft.at, ...at])),
    ...earlier.map(({ at }) => pathKey(at)),
  ]);
  return Object.keys(config.conditional_params ?? {})
    .map((condition) => [...draft.at, 'conditional_params', condition])
    .filter((at) => !known.has(pathKey(at)))
    .map((at) => ({
      severity: 'warning',
      code: 'no-reference',
      message: 'this condition reads no column, so it is the same in every row',
      hint: 'name a sampler column in it',
      at,
      onKey: true,
    }));
}

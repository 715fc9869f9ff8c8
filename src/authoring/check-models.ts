import { isFatal } from '../core/failure.js';
import type { Plan } from '../engine/types.js';
import { probe } from '../models/probe.js';
import { createTransports } from '../models/wire/transports.js';
import type { CallError, Technique } from '../models/types.js';
import { EXIT } from '../run/status.js';

/** The result of one model check. */
export interface ModelCheck {
  readonly alias: string;
  readonly provider: string;
  readonly model: string;
  readonly ok: boolean;
  /** The technique for structured output, if a column needs one. */
  readonly structured_output?: Technique;
  /** Observations that are not errors. */
  readonly notes: readonly string[];
  readonly error?: Pick<CallError, 'class' | 'message' | 'hint'>;
}

/** Calls every model that a column uses, once and all at the same time. */
export function checkModels(
  plan: Plan,
  env: Readonly<Record<string, string | undefined>>,
): Promise<readonly ModelCheck[]> {
  const transportFor = createTransports(env);
  const structured = structuredAliases(plan);
  return Promise.all(
    [...plan.models.values()].map(async (model): Promise<ModelCheck> => {
      const { alias, endpoint } = model;
      const about = { alias, provider: endpoint.provider, model: model.model };
      const probed = await probe(model, transportFor(model), structured.has(alias));
      if (!probed.ok) {
        const { class: failureClass, message, hint } = probed.error;
        const error = { class: failureClass, message, ...(hint === undefined ? {} : { hint }) };
        return { ...about, ok: false, notes: [], error };
      }
      const { technique, isValid, without } = probed.value;
      return {
        ...about,
        ok: true,
        ...(technique && { structured_output: technique }),
        notes: [
          ...without.map((parameter) => `does not accept ${parameter}; it is left out`),
          ...(isValid === false ? ['did not follow the schema'] : []),
        ],
      };
    }),
  );
}

/** 0 if every model answered, 3 if a key was refused or credit is used up, otherwise 2. */
export function checksExitCode(checks: readonly ModelCheck[]): number {
  const errors = checks.flatMap(({ error }) => error ?? []);
  if (errors.some(isFatal)) return EXIT.refused;
  return errors.length > 0 ? EXIT.badInput : EXIT.complete;
}

/** Aliases that a column uses for structured output. */
function structuredAliases({ columns }: Plan): ReadonlySet<string> {
  const structured = columns.filter(({ column }) => column.types(() => undefined)[0]?.['type'] !== 'string');
  return new Set(structured.flatMap(({ column }) => column.modelAliases));
}

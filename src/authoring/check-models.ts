import { isFatal } from '../core/failure.js';
import type { Plan } from '../engine/types.js';
import { probe } from '../models/probe.js';
import { createTransports } from '../models/wire/transports.js';
import type { CallError, Technique } from '../models/types.js';
import { EXIT } from '../run/status.js';

/** Whether one model of a recipe can be asked, and how. */
export interface ModelCheck {
  readonly alias: string;
  readonly provider: string;
  readonly model: string;
  readonly ok: boolean;
  /** How it can be made to keep to a schema; only where a column needs that. */
  readonly structured_output?: Technique;
  /** Worth knowing, and no error. */
  readonly notes: readonly string[];
  readonly error?: Pick<CallError, 'class' | 'message' | 'hint'>;
}

/** Asks every model that a column of the recipe asks, once and all at the same time. */
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
          ...without.map((parameter) => `does not take ${parameter}: it is left out`),
          ...(isValid === false ? ['did not keep to the schema it was given'] : []),
        ],
      };
    }),
  );
}

/** 0 when every model answered; 3 when a key or credit is what is missing, 2 for anything else. */
export function checksExitCode(checks: readonly ModelCheck[]): number {
  const errors = checks.flatMap(({ error }) => error ?? []);
  if (errors.some(isFatal)) return EXIT.refused;
  return errors.length > 0 ? EXIT.badInput : EXIT.complete;
}

/** Aliases of which some column wants more than a text. */
function structuredAliases({ columns }: Plan): ReadonlySet<string> {
  const wantsMore = columns.filter(({ column }) => column.types(() => undefined)[0]?.['type'] !== 'string');
  return new Set(wantsMore.flatMap(({ column }) => column.modelAliases));
}

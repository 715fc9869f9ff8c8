import { isObject } from '../../core/json.js';
import type { Model } from '../../models/types.js';
import type { Problem } from '../../core/problem.js';
import { listAt } from '../../core/paths.js';

/** Environment variables that hold the keys of models in use, and are not set: told once for each variable. */
export function checkKeyVariables(
  recipe: object,
  models: ReadonlyMap<string, Model>,
  env: Readonly<Record<string, string | undefined>>,
): readonly Problem[] {
  const told = new Set<string>();
  return listAt(recipe, 'model_configs').flatMap((config, index) => {
    const model = isObject(config) ? models.get(String(config['alias'])) : undefined;
    const { keyVariable, provider } = model?.endpoint ?? {};
    if (keyVariable === undefined || told.has(keyVariable)) return [];
    told.add(keyVariable);
    if ((env[keyVariable] ?? '').trim() !== '') return [];
    return [
      {
        severity: 'warning',
        code: 'missing-key-variable',
        message: `the key of provider \`${provider ?? ''}\` is read from \`${keyVariable}\`, which is not set here`,
        hint: `export ${keyVariable}=… before running`,
        at: ['model_configs', index, 'provider'],
      },
    ];
  });
}

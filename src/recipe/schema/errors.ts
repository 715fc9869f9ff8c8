import type { ErrorObject } from 'ajv';

import { isObject } from '../../core/json.js';
import { isList } from '../../core/paths.js';
import { nearest } from '../../core/suggest.js';

/** True for the error of a missing key that is only missing because it is misspelt. */
export function isMisspelling(error: ErrorObject, errors: readonly ErrorObject[]): boolean {
  const missing = missingKeys(error);
  return errors.some(
    (other) =>
      other.keyword === 'additionalProperties' &&
      other.instancePath === error.instancePath &&
      nearest(stringParam(other, 'additionalProperty'), missing) !== undefined,
  );
}

function missingKeys(error: ErrorObject): readonly string[] {
  return error.keyword === 'required' ? [stringParam(error, 'missingProperty')] : (requiredKeys(error) ?? []);
}

/** A parameter of an error as text; empty when there is none. */
export function stringParam(error: ErrorObject, name: string): string {
  const value: unknown = (error.params as Readonly<Record<string, unknown>>)[name];
  return value === undefined ? '' : String(value);
}

/**
 * For a failed `anyOf` or `oneOf`, Ajv reports the errors of every branch. Keeps those of the most likely branch, or
 * the error of the union itself when no branch is likely.
 */
export function settleUnions(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const dropped = new Set<ErrorObject>();
  for (const union of errors.filter(isUnion)) {
    const branches = branchErrors(union, errors);
    const meant = requiredKeys(union) ? undefined : meantBranch(union, branches);
    for (const branch of branches) if (branch !== meant) for (const error of branch) dropped.add(error);
    if (meant) dropped.add(union);
  }
  return errors.filter((error) => !dropped.has(error));
}

const isUnion = (error: ErrorObject): boolean => error.keyword === 'anyOf' || error.keyword === 'oneOf';

/** The keys of `oneOf: [{ required: [a] }, { required: [b] }]`, which means "exactly one of these keys". */
export function requiredKeys(union: ErrorObject): readonly string[] | undefined {
  const branches: unknown = union.schema;
  if (!isUnion(union) || !isList(branches)) return undefined;
  const keys = branches.map((branch) =>
    isObject(branch) && isList(branch['required']) ? branch['required'] : [],
  );
  return keys.every((required) => required.length === 1) ? keys.map(([key]) => String(key)) : undefined;
}

function branchErrors(
  union: ErrorObject,
  errors: readonly ErrorObject[],
): readonly (readonly ErrorObject[])[] {
  const branches = new Map<string, ErrorObject[]>();
  for (const error of errors) {
    if (!error.schemaPath.startsWith(`${union.schemaPath}/`)) continue;
    if (!error.instancePath.startsWith(union.instancePath)) continue;
    const branch = error.schemaPath.slice(union.schemaPath.length + 1).split('/', 1)[0] ?? '';
    branches.set(branch, [...(branches.get(branch) ?? []), error]);
  }
  return [...branches.values()];
}

/** The branch with the fewest errors among those that accept this type of value. */
function meantBranch(
  union: ErrorObject,
  branches: readonly (readonly ErrorObject[])[],
): readonly ErrorObject[] | undefined {
  const takesType = (branch: readonly ErrorObject[]): boolean =>
    !branch.some((error) => error.keyword === 'type' && error.instancePath === union.instancePath);
  return branches.filter(takesType).sort((a, b) => a.length - b.length)[0];
}

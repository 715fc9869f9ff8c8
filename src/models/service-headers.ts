/** Headers of services, in which `${NAME}` is the environment variable NAME. */
import type { Sending } from '../core/sending.js';

type Headers = Readonly<Record<string, string>>;

const VARIABLE = /\$\{([A-Z][A-Z0-9_]*)\}/g;

/** The variables that headers name. */
export const variablesOf = (headers: Headers): readonly string[] => Object.values(headers).flatMap(namesIn);

const namesIn = (value: string): readonly string[] =>
  [...value.matchAll(VARIABLE)].map(([, name = '']) => name);

/** The headers with values in place of variables, and with names in lower case. */
export const filledIn = (headers: Headers, valueOf: (variable: string) => string): Headers =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name.toLowerCase(),
      value.replaceAll(VARIABLE, (_, variable: string) => valueOf(variable)),
    ]),
  );

/** What headers send to the address of their service. Places begin at the object that has `headers`. */
export const headerSendings = (url: string, headers: Headers = {}): readonly Sending[] =>
  Object.entries(headers).flatMap(([name, value]) =>
    namesIn(value).map((variable) => ({ variable, url, at: ['headers', name] })),
  );

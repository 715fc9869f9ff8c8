import type { JsonPath } from './json.js';

/** A value of the environment that goes to a host. */
export interface Sending {
  /** NAME of the environment variable. */
  readonly variable: string;
  /** The address that gets it. */
  readonly url: string;
  /** The key of the recipe that names it. */
  readonly at: JsonPath;
  /** Not the recipe names the address: `dd` itself does, the environment, or the settings of the person. */
  readonly isOwn?: boolean;
}

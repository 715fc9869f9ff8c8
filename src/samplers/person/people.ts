/** Names, addresses and occupations of a locale, by @faker-js/faker, which is loaded when a column needs it. */
import type { Faker } from '@faker-js/faker';
import type { Random } from '../../core/random.js';
import { pick } from './life.js';

export type Sex = 'Male' | 'Female';

/** Draws from the data of one locale. Each draw is a function of the generator. */
export interface LocaleData {
  name(random: Random, sex: Sex): { readonly first: string; readonly last: string };
  address(random: Random): Address;
  occupation(random: Random): string;
  phoneNumber(random: Random): string;
  emailAddress(random: Random, first: string, last: string): string;
}

export interface Address {
  readonly streetNumber: string;
  readonly streetName: string;
  readonly city: string;
  readonly state: string | null;
  readonly postcode: string | null;
}

const loaded = new Map<string, LocaleData>();

/** @param module of `@faker-js/faker/locale/` */
export async function loadLocale(module: string): Promise<void> {
  if (loaded.has(module)) return;
  const [own, english] = await Promise.all([moduleOf(module), moduleOf('en')]);
  loaded.set(module, localeData(own, english));
}

/** The data of a module that is loaded. */
export function localeOf(module: string): LocaleData {
  const data = loaded.get(module);
  if (data === undefined) throw new Error(`the locale ${module} is not loaded`);
  return data;
}

const moduleOf = async (module: string): Promise<Faker> =>
  ((await import(`@faker-js/faker/locale/${module}`)) as { readonly faker: Faker }).faker;

function localeData(own: Faker, english: Faker): LocaleData {
  let current: Random = () => 0;
  // Its own generator takes 60 µs to seed; this one takes the numbers of the cell.
  const faker = new (own.constructor as typeof Faker)({
    locale: own.rawDefinitions,
    randomizer: { next: () => current(), seed: () => undefined },
  });
  const drawing = <Args extends readonly unknown[], Value>(draw: (...args: Args) => Value) => {
    return (random: Random, ...args: Args): Value => {
      current = random;
      return draw(...args);
    };
  };
  const places = faker.rawDefinitions.location ?? {};
  const isAmerican = faker.rawDefinitions.metadata?.code === 'en_US';
  /** Where a locale has none, faker takes the places of the United States. */
  const ownPlaces = <Key extends keyof typeof places>(key: Key): (typeof places)[Key] | undefined =>
    isAmerican || places[key] !== english.rawDefinitions.location?.[key] ? places[key] : undefined;
  const cities = ownPlaces('city_name');
  const states = ownPlaces('state');
  const abbreviations = ownPlaces('state_abbr');
  const titles = faker.rawDefinitions.person?.job_title_pattern ?? ['{{person.jobTitle}}'];
  const hasPostcode = Boolean(ownPlaces('postcode'));

  return {
    name: drawing((sex: Sex) => {
      const faked = sex === 'Male' ? 'male' : 'female';
      return { first: faker.person.firstName(faked), last: faker.person.lastName(faked) };
    }),
    address: drawing(() => {
      const state = states ? pick(current, states) : null;
      const abbreviation = state === null ? undefined : abbreviations?.[states?.indexOf(state) ?? -1];
      const region =
        abbreviation !== undefined && places.postcode_by_state?.[abbreviation] ? { state: abbreviation } : {};
      return {
        // Some locales put a comma before it, for the end of a line.
        streetNumber: faker.location.buildingNumber().replace(/^[\s,]+/, ''),
        streetName: faker.location.street(),
        city: cities ? pick(current, cities) : faker.location.city(),
        state,
        postcode: hasPostcode ? faker.location.zipCode(region) : null,
      };
    }),
    occupation: drawing(() => {
      // faker.person.jobTitle() reads the pattern again each time, which takes four times as long.
      const parts = pick(current, titles).replaceAll(JOB_PART, (_, part: JobPart) => faker.person[part]());
      return faker.helpers.fake(parts);
    }),
    phoneNumber: drawing(() => faker.phone.number()),
    emailAddress: drawing((first: string, last: string) => {
      const name = faker.internet.username({ firstName: latin(first), lastName: latin(last) });
      const isName = SPELLED.test(first + last) && NAME.test(name);
      const user = isName ? name.toLowerCase() : `user${faker.number.int({ min: 1000, max: 99_999 })}`;
      return `${user}@${pick(current, DOMAINS)}`;
    }),
  };
}

type JobPart = 'jobArea' | 'jobDescriptor' | 'jobType';
const JOB_PART = /\{\{person\.(jobArea|jobDescriptor|jobType)\}\}/g;

/** Domains that can belong to no one (RFC 2606). */
const DOMAINS = ['example.com', 'example.net', 'example.org'];

/** The scripts that faker spells in Latin letters; others become code points, which are no name. */
const SPELLED =
  /^[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Arabic}\p{Script=Hebrew}\P{L}]+$/u;
const NAME = /^[a-z]+([-._]?[a-z]+)*[-._]?\d{0,2}$/i;

/** Letters that do not lose their accent by normalization. */
const LETTERS: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ł: 'l',
  ı: 'i',
  œ: 'oe',
  ə: 'e',
};

const latin = (name: string): string =>
  name.toLowerCase().replaceAll(/[ßæøđðþłıœə]/g, (letter) => LETTERS[letter] ?? letter);

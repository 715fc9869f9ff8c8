import type { JsonObject, JsonSchema } from '../../core/json.js';
import type { Problem } from '../../core/problem.js';
import type { Random } from '../../core/random.js';
import { parseDate } from '../dates.js';
import type { SamplerType } from '../types.js';
import { versionFour } from '../uuid.js';
import {
  ADULT,
  BACHELORS_FIELDS,
  drawBirthDate,
  drawEducation,
  drawMaritalStatus,
  EDUCATION_LEVELS,
  MARITAL_STATUSES,
  pick,
} from './life.js';
import { findPersonLocale } from './locales.js';
import { loadLocale, localeOf, type Sex } from './people.js';

type PersonParams = {
  readonly locale?: string;
  readonly sex?: Sex;
  readonly city?: string | readonly string[];
  readonly age_range?: readonly [number, number];
  readonly reference_date?: string;
};

const SEXES = ['Male', 'Female'] as const;
const LOCALE = 'en_US';
const AGES = [18, 114] as const;
/** The day on which people have their age, unless the params say another: never today, so that runs can be repeated. */
const REFERENCE_DATE = '2026-01-01';

const text = { type: 'string' };
const textOrNull = { type: ['string', 'null'] };

const FIELDS: Readonly<Record<string, JsonSchema>> = {
  uuid: text,
  locale: text,
  first_name: text,
  last_name: text,
  middle_name: textOrNull,
  sex: { ...text, enum: SEXES },
  street_number: text,
  street_name: text,
  city: text,
  state: textOrNull,
  postcode: textOrNull,
  age: { type: 'integer' },
  birth_date: text,
  country: textOrNull,
  marital_status: { ...text, enum: MARITAL_STATUSES },
  education_level: { ...textOrNull, enum: [...EDUCATION_LEVELS, null] },
  unit: text,
  occupation: textOrNull,
  phone_number: textOrNull,
  bachelors_field: { ...text, enum: BACHELORS_FIELDS },
  email_address: textOrNull,
};

/**
 * `person_from_faker`: a made-up person whose fields belong together. Fields and order are Data Designer's, with
 * `email_address` at the end.
 */
export const personFromFaker: SamplerType<PersonParams> = {
  type: 'person_from_faker',
  summary: 'A made-up person: name, address, age, education, occupation, e-mail address.',
  schema: {
    properties: {
      locale: { ...text, default: LOCALE, description: 'Language and country, such as `de_DE` or `ja_JP`.' },
      sex: { enum: SEXES, description: 'Only people of this sex.' },
      city: {
        anyOf: [
          { ...text, minLength: 1 },
          { type: 'array', items: text, minItems: 1 },
        ],
        description: 'The city, or cities of which one is chosen. State and postcode do not follow it.',
      },
      age_range: {
        type: 'array',
        items: { type: 'integer', minimum: 0, maximum: 114 },
        minItems: 2,
        maxItems: 2,
        default: AGES,
        description: 'The lowest and the highest age, both included.',
      },
      reference_date: {
        ...text,
        default: REFERENCE_DATE,
        description: 'The day on which people have their `age`; `birth_date` follows from it.',
      },
    },
    required: [],
  },
  convert: 'none',
  check({ locale = LOCALE, age_range: [youngest, oldest] = AGES, reference_date: date = REFERENCE_DATE }) {
    const problems: Problem[] = [];
    const found = findPersonLocale(locale);
    if ('nearest' in found)
      problems.push({
        code: 'invalid-value',
        message: `there are no people of the locale \`${locale}\``,
        hint:
          found.nearest === undefined ? 'see docs/samplers.md' : `the nearest one is \`${found.nearest}\``,
        at: ['locale'],
      });
    if (oldest < youngest) {
      const message = `the highest age (${oldest}) is below the lowest (${youngest})`;
      problems.push({ code: 'invalid-value', message, at: ['age_range'] });
    }
    if (parseDate(date) === undefined) {
      const message = `\`${date}\` is no date; expected one such as ${REFERENCE_DATE}`;
      problems.push({ code: 'invalid-value', message, at: ['reference_date'] });
    }
    return problems;
  },
  valueSchema: () => ({
    type: 'object',
    properties: FIELDS,
    required: Object.keys(FIELDS),
    additionalProperties: false,
  }),
  load: ({ locale = LOCALE }) => loadLocale(moduleOf(locale).module),
  prepare: preparePerson,
};

function preparePerson({
  locale = LOCALE,
  sex: onlySex,
  city: onlyCities,
  age_range: [youngest, oldest] = AGES,
  reference_date: date = REFERENCE_DATE,
}: PersonParams): (random: Random) => JsonObject {
  const { module, country = null } = moduleOf(locale);
  const data = localeOf(module);
  const cities = typeof onlyCities === 'string' ? [onlyCities] : onlyCities;
  const reference = new Date(parseDate(date) ?? 0);
  return (random) => {
    const sex = onlySex ?? pick(random, SEXES);
    const { first, last } = data.name(random, sex);
    const address = data.address(random);
    const age = youngest + Math.floor(random() * (oldest - youngest + 1));
    const isAdult = age >= ADULT;
    const education = drawEducation(random, age);
    return {
      uuid: versionFour(random).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
      locale,
      first_name: first,
      last_name: last,
      middle_name: null,
      sex,
      street_number: address.streetNumber,
      street_name: address.streetName,
      city: cities ? pick(random, cities) : address.city,
      state: address.state,
      postcode: address.postcode,
      age,
      birth_date: drawBirthDate(random, age, reference),
      country,
      marital_status: drawMaritalStatus(random, age),
      education_level: education.level,
      unit: '',
      occupation: isAdult ? data.occupation(random) : null,
      phone_number: isAdult ? data.phoneNumber(random) : null,
      bachelors_field: education.field,
      email_address: isAdult ? data.emailAddress(random, first, last) : null,
    };
  };
}

function moduleOf(locale: string): { readonly module: string; readonly country?: string } {
  const found = findPersonLocale(locale);
  if ('nearest' in found) throw new Error(`no people of the locale ${locale}`);
  return found;
}

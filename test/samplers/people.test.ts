import { readFileSync } from 'node:fs';
import { allLocales } from '@faker-js/faker';
import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import { createRandom } from '../../src/core/random.js';
import { compileOutput } from '../../src/json-schema/compile.js';
import { findPersonLocale } from '../../src/samplers/person/locales.js';
import { personFromFaker } from '../../src/samplers/person/person-from-faker.js';
import type { SamplerContext } from '../../src/samplers/types.js';

type Params = Parameters<typeof personFromFaker.prepare>[0];

/** The locales of Python's Faker 20.1. */
const PYTHON =
  'ar_AA ar_AE ar_BH ar_EG ar_JO ar_PS ar_SA az_AZ bg_BG bn_BD bs_BA cs_CZ da_DK de de_AT de_CH de_DE dk_DK el_CY el_GR en en_AU en_BD en_CA en_GB en_IE en_IN en_NZ en_PH en_TH en_US es es_AR es_CA es_CL es_CO es_ES es_MX et_EE fa_IR fi_FI fil_PH fr_BE fr_CA fr_CH fr_FR fr_QC ga_IE he_IL hi_IN hr_HR hu_HU hy_AM id_ID it_CH it_IT ja_JP ka_GE ko_KR la lb_LU lt_LT lv_LV mt_MT ne_NP nl_BE nl_NL no_NO or_IN pl_PL pt_BR pt_PT ro_RO ru_RU sk_SK sl_SI sq_AL sv_SE ta_IN th th_TH tl_PH tr_TR tw_GH uk_UA vi_VN zh_CN zh_TW zu_ZA'.split(
    ' ',
  );
/** Codes with data that Python's Faker does not have. */
const MORE = 'af_ZA en_GH en_HK en_NG en_NP en_ZA fr_LU fr_SN mk_MK nb_NO ro_MD sr_RS ur_PK uz_UZ'.split(' ');

const FIELDS = [
  'uuid',
  'locale',
  'first_name',
  'last_name',
  'middle_name',
  'sex',
  'street_number',
  'street_name',
  'city',
  'state',
  'postcode',
  'age',
  'birth_date',
  'country',
  'marital_status',
  'education_level',
  'unit',
  'occupation',
  'phone_number',
  'bachelors_field',
  'email_address',
];

describe('person_from_faker', () => {
  it('is the same person for the same generator, in every version', async () => {
    expect(await people({}, 1)).toEqual([
      {
        uuid: '51b66cde-4e8f-4f44-879a-9f4b8cb65799',
        locale: 'en_US',
        first_name: 'Salvatore',
        last_name: 'Upton',
        middle_name: null,
        sex: 'Male',
        street_number: '971',
        street_name: 'S Grand Avenue',
        city: 'Marysville',
        state: 'Idaho',
        postcode: '83363',
        age: 75,
        birth_date: '1950-03-26',
        country: 'United States',
        marital_status: 'widowed',
        education_level: 'secondary_education',
        unit: '',
        occupation: 'Product Identity Liaison',
        phone_number: '229.368.7963 x3305',
        bachelors_field: 'no_degree',
        email_address: 'salvatore.upton68@example.org',
      },
    ]);
  });

  it('does not depend on the people before, nor on those of other columns', async () => {
    const alone = await people({ locale: 'fr_FR' }, 5);
    await people({ locale: 'de_DE' }, 3);
    expect(await people({ locale: 'fr_FR' }, 5)).toEqual(alone);
    const draw = personFromFaker.prepare({ locale: 'fr_FR' });
    expect(draw(createRandom('person', 4), {})).toEqual(alone[4]);
  });

  it('has fields that belong together, at any age', async () => {
    const persons = await people({ age_range: [0, 114] }, 3000);
    expect(persons.flatMap(incoherences)).toEqual([]);
    const share = (field: string, value: string): number =>
      persons.filter((person) => person[field] === value).length / persons.length;
    for (const value of ['married_present', 'divorced', 'never_married', 'widowed'])
      expect(share('marital_status', value)).toBeGreaterThan(0.03);
    for (const value of ['secondary_education', 'some_college', 'bachelors', 'associates', 'graduate'])
      expect(share('education_level', value)).toBeGreaterThan(0.03);
    expect(new Set(persons.map((person) => person['uuid'])).size).toBe(persons.length);
    expect(new Set(persons.map((person) => person['age'])).size).toBe(115);
  });

  it('follows sex, city, ages and the date of reference', async () => {
    const persons = await people(
      { sex: 'Female', city: ['Rome', 'Oslo'], age_range: [30, 32], reference_date: '2020-02-29' },
      500,
    );
    const en = allLocales.en.person;
    for (const person of persons) {
      expect(person['sex']).toBe('Female');
      expect(ageAt('2020-02-29', String(person['birth_date']))).toBe(person['age']);
      expect(en?.first_name?.female?.concat(en.first_name.generic ?? [])).toContain(person['first_name']);
    }
    expect(new Set(persons.map((person) => person['city']))).toEqual(new Set(['Rome', 'Oslo']));
    expect(new Set(persons.map((person) => person['age']))).toEqual(new Set([30, 31, 32]));
    expect(await people({ city: 'Rome', age_range: [40, 40] }, 1)).toMatchObject([{ city: 'Rome', age: 40 }]);
  });

  it.each(['2024-02-29', '2023-03-01', '2026-12-31'])(
    'has birth dates that suit the age on %s',
    async (day) => {
      const persons = await people({ age_range: [0, 4], reference_date: day }, 3000);
      const wrong = persons.filter((person) => ageAt(day, String(person['birth_date'])) !== person['age']);
      expect(wrong).toEqual([]);
    },
  );

  it('has American postcodes that belong to the state, and no places of another country', async () => {
    const numbers = (await people({}, 400))
      .filter((person) => person['state'] === 'California')
      .map((person) => Number(person['postcode']));
    expect(numbers.length).toBeGreaterThan(0);
    expect(numbers.every((postcode) => postcode >= 90_001 && postcode <= 96_162)).toBe(true);
    const american = new Set([
      ...(allLocales.en.location?.state ?? []),
      ...(allLocales.en.location?.city_name ?? []),
    ]);
    for (const locale of ['el_GR', 'ka_GE', 'ja_JP', 'en_IE', 'en_GB', 'az_AZ'])
      for (const person of await people({ locale }, 100)) {
        expect(american.has(String(person['city']))).toBe(false);
        expect(american.has(String(person['state']))).toBe(false);
      }
    expect((await people({ locale: 'el_GR' }, 1))[0]).toMatchObject({ state: null, country: 'Ελλάδα' });
  });

  it.each(['ja_JP', 'ko_KR', 'zh_CN', 'th_TH', 'ka_GE', 'hy_AM'])(
    'has e-mail addresses without the name for %s, whose letters it cannot spell',
    async (locale) => {
      for (const person of await people({ locale }, 20))
        expect(person['email_address']).toMatch(/^user\d{4,5}@example\.(com|net|org)$/);
    },
  );

  it.each([...PYTHON.filter((code) => !('nearest' in findPersonLocale(code))), ...MORE])(
    'has people of %s, with names of the language',
    async (locale) => {
      const persons = await people({ locale, age_range: [0, 90] }, 20);
      const found = findPersonLocale(locale);
      if ('nearest' in found) throw new Error(`no data: ${locale}`);
      expect(findPersonLocale(locale)).toEqual(found);
      const dataOf = (module: string) => allLocales[module as keyof typeof allLocales].person?.first_name;
      const own = dataOf(found.module) ?? dataOf(found.module.slice(0, 2));
      const english = locale.startsWith('en');
      for (const person of persons) {
        expect(person).toMatchObject({ locale, country: found.country ?? null });
        const names = [
          ...(own?.generic ?? []),
          ...((person['sex'] === 'Male' ? own?.male : own?.female) ?? []),
        ];
        if (!english) expect(names).toContain(person['first_name']);
        expect(person['street_number']).toMatch(/^[^\s,]/);
      }
    },
  );
});

describe('a locale without people', () => {
  it.each(PYTHON.filter((code) => 'nearest' in findPersonLocale(code)))('%s names the nearest', (code) => {
    const found = findPersonLocale(code);
    if (!('nearest' in found) || found.nearest === undefined) throw new Error('expected a nearest locale');
    expect(findPersonLocale(found.nearest)).toHaveProperty('module');
  });

  it.each([
    ['de-DE', 'there are no people of the locale `de-DE`', 'the nearest one is `de_DE`'],
    ['en_UK', 'there are no people of the locale `en_UK`', 'the nearest one is `en_GB`'],
    ['es_AR', 'there are no people of the locale `es_AR`', 'the nearest one is `es_MX`'],
    ['pt', 'there are no people of the locale `pt`', 'the nearest one is `pt_BR`'],
    ['constructor', 'there are no people of the locale `constructor`', 'see docs/samplers.md'],
  ])('%s: %s', (locale, message, hint) => {
    expect(problems({ locale })).toEqual([{ code: 'invalid-value', message, hint, at: ['locale'] }]);
  });

  it('is not on the page, which has all others', () => {
    const page = readFileSync(new URL('../../docs/samplers.md', import.meta.url), 'utf8');
    const [, list = ''] = /Locales are those of Python's Faker[^:]*: ([^.]*)\./.exec(page) ?? [];
    const known = [...PYTHON, ...MORE].filter((code) => !('nearest' in findPersonLocale(code)));
    expect(list.replaceAll('`', '').split(', ').toSorted()).toEqual(known.toSorted());
  });

  it('other params are checked as well', () => {
    expect(problems({ age_range: [40, 30], reference_date: 'soon' }).map(({ message }) => message)).toEqual([
      'the highest age (30) is below the lowest (40)',
      '`soon` is no date; expected one such as 2026-01-01',
    ]);
    expect(problems({ age_range: [30, 30], locale: 'ja_JP' })).toEqual([]);
  });
});

/** What is wrong with a person, in words. */
function incoherences(person: JsonObject): readonly string[] {
  const { age, education_level: level, email_address: email } = person;
  const isAdult = Number(age) >= 18;
  const hasDegree = ['bachelors', 'graduate', 'doctorate'].includes(String(level));
  const isOf = (fields: readonly string[]): boolean =>
    fields.every((field) => (person[field] !== null) === isAdult);
  const first = letters(String(person['first_name']));
  const rules: Readonly<Record<string, boolean>> = {
    order: Object.keys(person).join() === FIELDS.join(),
    schema: checkPerson(person).length === 0,
    birth: ageAt('2026-01-01', String(person['birth_date'])) === age,
    adult: isOf(['occupation', 'phone_number', 'email_address']),
    child:
      isAdult || (person['marital_status'] === 'never_married' && person['bachelors_field'] === 'no_degree'),
    school: (level === null) === Number(age) < 12,
    degree: hasDegree ? Number(age) >= 22 : true,
    field: (person['bachelors_field'] !== 'no_degree') === hasDegree,
    email: email === null || EMAIL.test(String(email)),
    name: email === null || letters(String(email)).includes(first),
  };
  return Object.keys(rules)
    .filter((rule) => !rules[rule])
    .map((rule) => `${rule}: ${JSON.stringify(person)}`);
}

const EMAIL = /^[a-z]+([-._]?[a-z]+)*[-._]?\d{0,2}@example\.(com|net|org)$/;

function checkPerson(person: JsonObject): readonly string[] {
  const compiled = compileOutput(personFromFaker.valueSchema({}));
  return compiled.ok ? compiled.value.check(person) : [compiled.error];
}

async function people(params: Params, count: number): Promise<readonly JsonObject[]> {
  await personFromFaker.load?.(params);
  const draw = personFromFaker.prepare(params);
  return Array.from({ length: count }, (_, row) => draw(createRandom('person', row), {}) as JsonObject);
}

function problems(params: Params): readonly { readonly message: string }[] {
  const context: SamplerContext = { isConditional: false, sampler: () => undefined };
  return personFromFaker.check?.(params, context) ?? [];
}

/** Whole years from a birth to a day. */
function ageAt(day: string, birth: string): number {
  const hadBirthday = day.slice(5) >= birth.slice(5);
  return Number(day.slice(0, 4)) - Number(birth.slice(0, 4)) - (hadBirthday ? 0 : 1);
}

const letters = (name: string): string => name.toLowerCase().replaceAll(/[^a-z]/g, '');

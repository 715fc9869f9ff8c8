/**
 * The locales of people: the codes of Python's Faker, which Data Designer's configs have, and some more. @faker-js/faker
 * has the data.
 */
import { nearest } from '../../core/suggest.js';

export interface PersonLocale {
  /** Its module in `@faker-js/faker/locale/`. */
  readonly module: string;
  /** In the language of the names; absent when the data is of several countries. */
  readonly country?: string;
}

/** The data of a locale; else the code of the nearest that has data, if there is one. */
export function findPersonLocale(code: string): PersonLocale | { readonly nearest: string | undefined } {
  const found = LOCALES.get(code);
  if (found !== undefined) {
    const [module, country] = found;
    return country === undefined ? { module } : { module, country };
  }
  const known = [...LOCALES.keys()];
  const meant = nearest(code, [...known, ...INSTEAD.keys()]);
  const sibling = known.find((other) => other.slice(0, 2) === code.slice(0, 2).toLowerCase());
  return { nearest: INSTEAD.get(code) ?? (meant === undefined ? sibling : (INSTEAD.get(meant) ?? meant)) };
}

const LOCALES: ReadonlyMap<string, readonly [module: string, country?: string]> = table({
  af_ZA: ['af_ZA', 'Suid-Afrika'],
  ar_AA: ['ar'],
  az_AZ: ['az', 'Azərbaycan'],
  cs_CZ: ['cs_CZ', 'Česko'],
  da_DK: ['da', 'Danmark'],
  de: ['de', 'Deutschland'],
  de_AT: ['de_AT', 'Österreich'],
  de_CH: ['de_CH', 'Schweiz'],
  de_DE: ['de', 'Deutschland'],
  dk_DK: ['da', 'Danmark'],
  el_GR: ['el', 'Ελλάδα'],
  en: ['en_US', 'United States'],
  en_AU: ['en_AU', 'Australia'],
  en_CA: ['en_CA', 'Canada'],
  en_GB: ['en_GB', 'United Kingdom'],
  en_GH: ['en_GH', 'Ghana'],
  en_HK: ['en_HK', 'Hong Kong'],
  en_IE: ['en_IE', 'Ireland'],
  en_IN: ['en_IN', 'India'],
  en_NG: ['en_NG', 'Nigeria'],
  en_NP: ['en_NP', 'Nepal'],
  en_US: ['en_US', 'United States'],
  en_ZA: ['en_ZA', 'South Africa'],
  es: ['es', 'España'],
  es_ES: ['es', 'España'],
  es_MX: ['es_MX', 'México'],
  fa_IR: ['fa', 'ایران'],
  fi_FI: ['fi', 'Suomi'],
  fr_BE: ['fr_BE', 'Belgique'],
  fr_CA: ['fr_CA', 'Canada'],
  fr_CH: ['fr_CH', 'Suisse'],
  fr_FR: ['fr', 'France'],
  fr_LU: ['fr_LU', 'Luxembourg'],
  fr_QC: ['fr_CA', 'Canada'],
  fr_SN: ['fr_SN', 'Sénégal'],
  he_IL: ['he', 'ישראל'],
  hr_HR: ['hr', 'Hrvatska'],
  hu_HU: ['hu', 'Magyarország'],
  hy_AM: ['hy', 'Հայաստան'],
  id_ID: ['id_ID', 'Indonesia'],
  it_IT: ['it', 'Italia'],
  ja_JP: ['ja', '日本'],
  ka_GE: ['ka_GE', 'საქართველო'],
  ko_KR: ['ko', '대한민국'],
  lv_LV: ['lv', 'Latvija'],
  mk_MK: ['mk', 'Северна Македонија'],
  nb_NO: ['nb_NO', 'Norge'],
  ne_NP: ['ne', 'नेपाल'],
  nl_BE: ['nl_BE', 'België'],
  nl_NL: ['nl', 'Nederland'],
  no_NO: ['nb_NO', 'Norge'],
  pl_PL: ['pl', 'Polska'],
  pt_BR: ['pt_BR', 'Brasil'],
  pt_PT: ['pt_PT', 'Portugal'],
  ro_MD: ['ro_MD', 'Republica Moldova'],
  ro_RO: ['ro', 'România'],
  ru_RU: ['ru', 'Россия'],
  sk_SK: ['sk', 'Slovensko'],
  sl_SI: ['sl_SI', 'Slovenija'],
  sr_RS: ['sr_RS_latin', 'Srbija'],
  sv_SE: ['sv', 'Sverige'],
  th: ['th', 'ประเทศไทย'],
  th_TH: ['th', 'ประเทศไทย'],
  tr_TR: ['tr', 'Türkiye'],
  tw_GH: ['en_GH', 'Ghana'],
  uk_UA: ['uk', 'Україна'],
  ur_PK: ['ur', 'پاکستان'],
  uz_UZ: ['uz_UZ_latin', 'Oʻzbekiston'],
  vi_VN: ['vi', 'Việt Nam'],
  zh_CN: ['zh_CN', '中国'],
  zh_TW: ['zh_TW', '台灣'],
  zu_ZA: ['zu_ZA', 'iNingizimu Afrika'],
});

/** Codes without data, and what comes closest. All but `en_UK` are of Python's Faker. */
const INSTEAD: ReadonlyMap<string, string> = table({
  ar_AE: 'ar_AA',
  ar_BH: 'ar_AA',
  ar_EG: 'ar_AA',
  ar_JO: 'ar_AA',
  ar_PS: 'ar_AA',
  ar_SA: 'ar_AA',
  bg_BG: 'mk_MK',
  bn_BD: 'en_IN',
  bs_BA: 'hr_HR',
  el_CY: 'el_GR',
  en_BD: 'en_IN',
  en_NZ: 'en_AU',
  en_PH: 'en_US',
  en_TH: 'th_TH',
  en_UK: 'en_GB',
  es_AR: 'es_MX',
  es_CA: 'es_ES',
  es_CL: 'es_MX',
  es_CO: 'es_MX',
  et_EE: 'fi_FI',
  fil_PH: 'en_US',
  ga_IE: 'en_IE',
  hi_IN: 'en_IN',
  it_CH: 'it_IT',
  la: 'it_IT',
  lb_LU: 'fr_LU',
  lt_LT: 'lv_LV',
  mt_MT: 'it_IT',
  or_IN: 'en_IN',
  sq_AL: 'mk_MK',
  ta_IN: 'en_IN',
  tl_PH: 'en_US',
});

function table<Value>(entries: Readonly<Record<string, Value>>): ReadonlyMap<string, Value> {
  return new Map(Object.entries(entries));
}

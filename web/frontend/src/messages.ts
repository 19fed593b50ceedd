/** The sentences that scripts show. A sentence is its own key in English; other languages have a file of their own. */

type Catalogue = Record<string, string>;

const catalogues = import.meta.glob<{ default: Catalogue }>("../messages/*.json");

let known: Catalogue = {};

/** Loads the catalogue of a language ("zh-Hans-CN"); a language without one shows the sentences as they are written. */
export async function loadMessages(language: string): Promise<void> {
  const load = catalogues[`../messages/${language}.json`];
  known = load ? (await load()).default : {};
}

/** Translates a sentence and fills its {places}. */
export function t(sentence: string, facts: Record<string, string | number> = {}): string {
  const translated = known[sentence] || sentence;
  return translated.replace(/\{(\w+)\}/g, (place, name: string) => String(facts[name] ?? place));
}

/** Fetches a part of a page that the server rendered. */

export class NotAnswered extends Error {}

/** Returns the part, or throws NotAnswered when the server refuses, is gone, or wants a sign-in first. */
export async function fetchPartial(address: string, signal?: AbortSignal): Promise<string> {
  let response: Response;
  try {
    response = await fetch(address, {
      headers: { Accept: "text/html" },
      redirect: "manual",
      ...(signal ? { signal } : {}),
    });
  } catch (cause) {
    throw new NotAnswered(String(cause));
  }
  if (!response.ok) throw new NotAnswered(`${response.status} ${address}`);
  return response.text();
}

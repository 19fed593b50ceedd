/** Told on a page's element when what stands in it was exchanged for what the server shows now. */
export const REFRESHED = "wrenchway:refreshed";

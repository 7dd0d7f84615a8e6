import type { Page } from 'playwright-core';

/** The tile of an image. */
export const tileOf = (page: Page, id: string) => page.locator(`img[src*="/images/${id}/"]`).first();

/** Resolves once the picture of an image has loaded; fails if it can't be. */
export async function untilShown(page: Page, id: string): Promise<void> {
  const tile = tileOf(page, id);
  await tile.waitFor({ state: 'attached' });
  await tile.evaluate((one: { decode(): Promise<void> }) => one.decode());
}

/** Whether anything on the page, or anything that it keeps, names the image. */
export const knows = (page: Page, id: string): Promise<boolean> =>
  page.evaluate<boolean>(
    `[document.documentElement.outerHTML, JSON.stringify([{ ...sessionStorage }, { ...localStorage }])].join().includes('${id}')`,
  );

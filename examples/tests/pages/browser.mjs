// A browser, pages in it, and what is expected of them. Exits with 77 where there is no browser, or nothing to drive it.

import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const SKIPPED = 77;
const CHROMIUM = process.env.PULSAR_CHROMIUM ?? "/usr/bin/chromium";

/** Fails the script with what was expected. */
export function check(holds, what) {
  if (!holds) throw new Error(`expected: ${what}`);
}

/** Waits until `holds` returns something true, and returns it. */
export async function until(what, holds, within = 15_000) {
  const deadline = Date.now() + within;
  for (;;) {
    const found = await holds();
    if (found) return found;
    check(Date.now() < deadline, `within ${within} ms: ${what}`);
    await new Promise(done => setTimeout(done, 20));
  }
}

/** Runs `test` with a function that opens a page; whatever a page complains of fails it. */
export async function browse(test) {
  let chromium;
  try {
    ({ chromium } = await import("playwright-core"));
  } catch {
    console.log("playwright-core is not installed");
    process.exit(SKIPPED);
  }
  if (!existsSync(CHROMIUM)) {
    console.log(`there is no ${CHROMIUM}`);
    process.exit(SKIPPED);
  }
  const profile = mkdtempSync(join(tmpdir(), "pulsar-pages-"));
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath: CHROMIUM,
    headless: true,
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  const complaints = [];
  const open = async (url, { width = 1000, height = 700, scheme = "light" } = {}) => {
    const page = await browser.newPage();
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme: scheme });
    page.on("pageerror", error => complaints.push(String(error)));
    page.on("request", request => {
      if (!request.url().startsWith(new URL(url).origin) && !request.url().startsWith("data:")) complaints.push(`it asked for ${request.url()}`);
    });
    await page.goto(url);
    return page;
  };
  const picture = async (page, name) => {
    if (process.env.PULSAR_PICTURES) await page.screenshot({ path: join(process.env.PULSAR_PICTURES, `${name}.png`) });
  };
  try {
    await test(open, picture);
    check(complaints.length === 0, `no complaints, but there were ${complaints.join("; ")}`);
  } finally {
    await browser.close();
    rmSync(profile, { recursive: true, force: true });
  }
}

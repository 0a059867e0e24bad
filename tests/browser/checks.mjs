// What the checks of pages in a browser have in common.
import { readFileSync } from 'node:fs';
import { PATIENCE, openBrowser, stopAll } from './programs.mjs';

// Opens a browser whose pages may load from `origins` alone. Faults of the pages are collected: errors in the
// console, except those that `isExpected` says are not faults, exceptions, and requests to the outside.
export async function openPages(packages, origins, isExpected = () => false) {
  const { browser, axe } = await openBrowser(packages);
  const axeSource = readFileSync(axe, 'utf8');
  const faults = [];

  async function open(options = {}) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    context.setDefaultTimeout(PATIENCE);
    const page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error' && !isExpected(message)) {
        faults.push(`console: ${message.text()} ${message.location().url}`);
      }
    });
    page.on('pageerror', (error) => faults.push(`exception: ${error.message}`));
    page.on('request', (request) => {
      if (!origins.some((origin) => request.url().startsWith(`${origin}/`))) {
        faults.push(`request to the outside: ${request.url()}`);
      }
    });
    return page;
  }

  // The serious faults of accessibility that axe finds; only those of `rules`, if given.
  async function serious(page, rules) {
    await page.evaluate(axeSource);
    const found = await page.evaluate((only) => window.axe.run(document,
      { resultTypes: ['violations'], ...(only ? { runOnly: only } : {}) }), rules);
    return found.violations.filter((each) => each.impact === 'serious' || each.impact === 'critical')
      .map((each) => `${each.id}: ${each.nodes.map((node) => node.html).slice(0, 2).join(' ')}`).join('; ');
  }

  return { browser, faults, open, serious, equal, holds };
}

export function equal(actual, expected, what) {
  if (actual !== expected) throw new Error(`${what}: ${JSON.stringify(actual)}, expected ${JSON.stringify(expected)}`);
}

export function holds(condition, what) {
  if (!condition) throw new Error(what);
}

// Runs the checks, or the one that is called `only`, and ends the process: with 1 if one has failed.
export async function runChecks(pages, only, checks) {
  let failed = 0;
  console.log('the checks begin');
  try {
    const page = await pages.open();
    for (const [name, check] of Object.entries(checks)) {
      if (only && only !== name) continue;
      const begun = Date.now();
      pages.faults.length = 0;
      try {
        await check(page);
        equal(pages.faults.join('\n'), '', 'faults of the pages');
        console.log(`ok ${name} ${Date.now() - begun} ms`);
      } catch (error) {
        failed += 1;
        console.log(`FAILED ${name}: ${error.stack}\n${pages.faults.join('\n')}`);
      }
    }
  } finally {
    await pages.browser.close();
    stopAll();
  }
  process.exit(failed > 0 ? 1 : 0);
}

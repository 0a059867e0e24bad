// Makes the pictures of the README. Usage: screenshots.mjs BUILD PACKAGES FOLDER
import { mkdirSync } from 'node:fs';
import { PATIENCE, openBrowser, startSystem, stopAll } from './programs.mjs';

const SECONDS = 70;  // of calls, so that the charts have something to show
const GREETER = 'go.micro.srv.greeter';
const [build, packages, folder] = process.argv.slice(2);

mkdirSync(folder, { recursive: true });
const system = await startSystem(build);
const { browser } = await openBrowser(packages);
const call = (name) => fetch(`${system.api}/greeter/say/hello${name ? `?name=${name}` : ''}`)
  .then((reply) => reply.text());

// A load that goes up and down, with an error now and then, until the pictures have been made.
let done = false;
async function callAllTheTime() {
  const begun = Date.now();
  for (let i = 0; !done; i += 1) {
    const together = 2 + Math.round(2 * (1 + Math.sin((Date.now() - begun) / 6000)));
    await Promise.all([...Array(together).keys()].map((n) => call(i % 40 === 0 && n === 0 ? '' : `John${n}`)));
    await new Promise((resolve) => { setTimeout(resolve, 60); });
  }
}

async function picture(name, path, prepare, options = {}) {
  const page = await (await browser.newContext({ viewport: { width: 1180, height: 780 }, ...options })).newPage();
  page.setDefaultTimeout(PATIENCE);
  await page.goto(system.web + path);
  await page.waitForSelector('#live[data-state="live"]');
  if (prepare) await prepare(page);
  await page.screenshot({ path: `${folder}/${name}.png` });
  await page.context().close();
}

async function query(page) {
  await page.getByLabel('name string').fill('John');
  await page.click('button:text("Go!")');
  await page.waitForSelector('#answer');
}

try {
  const calls = callAllTheTime();
  await new Promise((resolve) => { setTimeout(resolve, SECONDS * 1000); });
  await picture('service', `/registry?service=${GREETER}`);
  await picture('map', '/_/map');
  await picture('query', `/query?service=${GREETER}&method=Say.Hello`, query, { colorScheme: 'dark' });
  done = true;
  await calls;
} finally {
  await browser.close();
  stopAll();
}
process.exit(0);

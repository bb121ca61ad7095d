// SPDX-License-Identifier: BSD-2-Clause
// Copyright The previrt authors
//
// look.mjs PAGE PICTURES: PAGE in headless Chromium, with scripts and without, light and
// dark, on a desk, on a phone and printed: pictures of all that, and a line for each
// thing that is not as it should be. Needs playwright-core and Debian's chromium.
import { chromium } from "playwright-core";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { pathToFileURL } from "node:url";

const [page, pictures] = process.argv.slice(2);
const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
	"--disable-background-networking", "--disable-component-update", "--disable-sync"];
const wrong = [];
const expect = (good, text) => { if (!good) wrong.push(text); };

async function look(name, options, what) {
	const context = await chromium.launchPersistentContext(
		mkdtempSync(`${tmpdir()}/previrt-chromium-`),
		{ executablePath: "/usr/bin/chromium", args: flags, headless: true, ...options });
	const tab = context.pages()[0] ?? await context.newPage();

	tab.setDefaultTimeout(60000);
	tab.on("console", (m) => wrong.push(`${name}: console: ${m.text()}`));
	tab.on("pageerror", (e) => wrong.push(`${name}: script: ${e.message}`));
	tab.on("request", (r) => expect(r.url().startsWith("file:"), `${name}: asks for ${r.url()}`));
	await tab.goto(pathToFileURL(page).href);
	await what(tab, name);
	await tab.screenshot({ path: `${pictures}/${name}.png` });
	await context.close();
}

// Nothing is wider than the window: wide tables scroll by themselves.
async function fits(tab, name) {
	const [wide, window] = await tab.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);

	expect(wide <= window, `${name}: ${wide} wide in a window of ${window}`);
	expect(await tab.locator("svg.map .area").count() > 2, `${name}: no map`);
	expect(await tab.locator("h1").count() === 1, `${name}: not one h1`);
}

// The colour of text against what is behind it: WCAG 2, 1.4.3.
async function contrast(tab, name) {
	const bad = await tab.evaluate(() => {
		const light = (c) => c.match(/\d+/g).slice(0, 3).map((v) => v / 255)
			.map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
			.reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
		const back = light(getComputedStyle(document.body).backgroundColor);

		return [...document.querySelectorAll("h1,h2,th,td,caption,p,.soft,.good,.bad")].filter((e) => {
			const fore = light(getComputedStyle(e).color);
			return (Math.max(fore, back) + 0.05) / (Math.min(fore, back) + 0.05) < 4.5;
		}).length;
	});

	expect(bad === 0, `${name}: ${bad} texts of too little contrast`);
}

async function use(tab, name) {
	const map = tab.locator("svg.map").first(), whole = await map.getAttribute("viewBox");
	const area = map.locator(".area").first(), box = () => map.getAttribute("viewBox");
	const button = tab.getByRole("button", { name: "Whole map" }).first();

	await fits(tab, name);
	await contrast(tab, name);
	// By mouse.
	await area.locator("rect").click();
	expect(await box() === await area.getAttribute("data-box"), `${name}: a click does not zoom`);
	await button.click();
	expect(await box() === whole, `${name}: the button does not go back`);
	// By keyboard alone, as a reader of the screen hears it.
	await area.focus();
	await tab.keyboard.press("Enter");
	expect(await box() === await area.getAttribute("data-box"), `${name}: Enter does not zoom`);
	expect((await tab.getByRole("status").first().textContent()).includes("sites"), `${name}: the zoom is not said`);
	await tab.keyboard.press("Escape");
	expect(await box() === whole, `${name}: Escape does not go back`);
	await tab.locator("summary").first().press("Enter");
	expect(await tab.locator("details[open] table").count() > 0, `${name}: the table of the map does not open`);
	// What has a role has a name.
	const nameless = await tab.evaluate(() => [...document.querySelectorAll("[role]:not([role=status])")]
		.filter((e) => !e.getAttribute("aria-label")).length);
	expect(nameless === 0, `${name}: ${nameless} parts without a name`);
	expect(await tab.locator("th:not([scope])").count() === 0, `${name}: headings without a scope`);
	await tab.evaluate(() => scrollTo(0, 0));
}

const desk = { width: 1280, height: 1600 }, phone = { width: 375, height: 812 };

await look("light", { viewport: desk, colorScheme: "light" }, use);
await look("dark", { viewport: desk, colorScheme: "dark" }, use);
await look("phone", { viewport: phone }, fits);
await look("plain", { viewport: desk, javaScriptEnabled: false }, async (tab, name) => {
	expect(await tab.locator("svg.map .area").count() > 2, `${name}: no map without scripts`);
	expect(await tab.locator("table").count() > 3, `${name}: no tables without scripts`);
});
await look("print", { viewport: desk }, async (tab) => {
	await tab.emulateMedia({ media: "print" });
	await tab.pdf({ path: `${pictures}/page.pdf` });
});
for (const line of wrong)
	console.log(line);
process.exit(wrong.length ? 1 : 0);

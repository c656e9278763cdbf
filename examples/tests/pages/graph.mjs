// The page draws what is streamed: node graph.mjs URL

import { browse, check, until } from "./browser.mjs";

const [url] = process.argv.slice(2);

await browse(async (open, picture) => {
  const page = await open(url);
  const points = async () => Number((await page.textContent("#count")).replaceAll(",", ""));
  await until("points come", async () => (await points()) >= 500);
  check((await points()) % 100 === 0, "a hundred points a message");
  // Something is drawn in more than one colour, and it moves.
  const drawn = () => page.evaluate(() => document.getElementById("canvas").toDataURL());
  const before = await drawn();
  await until("the picture changes", async () => (await drawn()) !== before);
  const colours = await page.evaluate(() => {
    const canvas = document.getElementById("canvas");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return new Set(new Uint32Array(data.buffer)).size;
  });
  check(colours > 20, `many colours, not ${colours}`);

  await page.selectOption("#pace", "20");
  await until("many points", async () => (await points()) >= 4000);
  await picture(page, "graph-light");

  await page.click("#pause");
  check((await page.textContent("#state")) === "paused", "it rests");
  const resting = await points();
  await new Promise(done => setTimeout(done, 300));
  check((await points()) === resting, "nothing comes while it rests");
  await page.click("#pause");
  await until("it goes on", async () => (await points()) > resting);

  const phone = await open(url, { width: 390, height: 780, scheme: "dark" });
  await until("points come there", async () => (await phone.textContent("#now")) !== "–");
  await phone.waitForTimeout(1500);
  check((await phone.evaluate(() => document.documentElement.scrollWidth)) <= 390, "a phone need not scroll sideways");
  await picture(phone, "graph-phone-dark");
  console.log("graph: ok");
});

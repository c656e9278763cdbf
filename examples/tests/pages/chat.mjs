// Two people talk, and a third without a browser: node chat.mjs URL [URL of another worker]

import { browse, check, until } from "./browser.mjs";

const [first, second = first] = process.argv.slice(2);

await browse(async (open, picture) => {
  const ada = await open(`${first}/?room=tea&name=Ada`);
  await until("Ada is in", () => ada.getByText("You are in").count());
  const grace = await open(`${second}/?room=tea&name=Grace`, { width: 390, height: 780, scheme: "dark" });
  await until("Ada sees Grace come", () => ada.getByText("Grace came").count());
  await until("both are counted", async () => (await ada.textContent("#here")) === "2 people" && (await grace.textContent("#here")) === "2 people");
  check((await ada.textContent("#state")) === "connected", "Ada is connected");

  const say = async (page, text) => {
    await page.fill("#text", text);
    await page.press("#text", "Enter");
  };
  const hears = (page, text) => until(`it reads ${text}`, () => page.locator(".text", { hasText: text }).count());
  await say(ada, "Has anybody seen the kettle?");
  await hears(grace, "Has anybody seen the kettle?");
  await hears(ada, "Has anybody seen the kettle?");
  check((await ada.locator("li.mine").count()) === 1 && (await grace.locator("li.mine").count()) === 0, "it is Ada's, and not Grace's");
  await say(grace, "On the stove, <b>where</b> it was yesterday 🙂");
  await hears(ada, "On the stove, <b>where</b> it was yesterday 🙂");
  check((await ada.locator("b").count()) === 0, "what is said is text");

  const spoken = await fetch(`${second}/say/tea`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ from: "curl", text: "Tea is ready. It will be served in the garden, and whoever comes late gets none of the cake that is left over from the day before yesterday." }),
  });
  check((await spoken.json()).heard_by === 2, "both hear who has no socket");
  await hears(ada, "Tea is ready.");
  await hears(grace, "Tea is ready.");
  check((await grace.evaluate(() => document.documentElement.scrollWidth)) <= 390, "a phone need not scroll sideways");
  await picture(ada, "chat-light");
  await picture(grace, "chat-phone-dark");

  await grace.close();
  await until("Ada sees Grace leave", () => ada.getByText("Grace left").count());
  await until("Ada is alone", async () => (await ada.textContent("#here")) === "1 person");
  console.log("chat: ok");
});

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The map: a click or Enter on a rectangle shows it alone, Escape or the button all. */
"use strict";
for (const map of document.querySelectorAll("svg.map")) {
	const whole = map.getAttribute("viewBox");
	const back = document.createElement("button");
	const said = document.createElement("p");
	const show = (box, text) => {
		map.setAttribute("viewBox", box);
		back.disabled = box === whole;
		said.textContent = text;
	};

	back.textContent = "Whole map";
	said.setAttribute("role", "status");
	map.after(back, said);
	map.setAttribute("role", "group");
	show(whole, "Choose a rectangle to see it alone.");
	back.addEventListener("click", () => show(whole, "The whole map."));
	map.addEventListener("keydown", (e) => {
		if (e.key === "Escape")
			show(whole, "The whole map.");
	});
	for (const area of map.querySelectorAll(".area")) {
		const title = area.querySelector("title").textContent;
		const zoom = () => show(area.dataset.box, title);

		area.setAttribute("tabindex", "0");
		area.setAttribute("role", "button");
		area.setAttribute("aria-label", title);
		area.addEventListener("click", zoom);
		area.addEventListener("keydown", (e) => {
			if (e.key === "Enter" || e.key === " ") {
				e.preventDefault();
				zoom();
			}
		});
	}
}

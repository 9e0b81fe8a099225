package exchange

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// transliterate writes letters of Latin with marks, Greek, Cyrillic, Hangul and kana in
// ASCII, as far as their readers would recognise. Other characters stay. The libraries
// for this know more scripts and take a quarter of a millisecond at each start.
func transliterate(text string) string {
	var b strings.Builder
	for _, r := range norm.NFC.String(text) {
		if latin := romanize(r); latin != "" {
			b.WriteString(latin)
			continue
		}
		// A letter with marks without them.
		for _, part := range norm.NFKD.String(string(r)) {
			if latin := romanize(part); latin != "" {
				b.WriteString(latin)
			} else if !unicode.Is(unicode.Mn, part) {
				b.WriteRune(part)
			}
		}
	}
	return b.String()
}

// romanize returns the ASCII letters for a character of the tables, or nothing.
func romanize(r rune) string {
	lower := unicode.ToLower(r)
	var latin string
	switch {
	case 0xac00 <= r && r <= 0xd7a3:
		return romanizeHangul(int(r - 0xac00))
	case 0x3041 <= r && r <= 0x3094:
		return kana(r - 0x3041)
	case 0x30a1 <= r && r <= 0x30f4:
		return kana(r - 0x30a1)
	default:
		latin = letter(lower)
	}
	if lower != r && latin != "" {
		return strings.ToUpper(latin[:1]) + latin[1:]
	}
	return latin
}

// letter finds a lower-case letter in pairs of a letter and its Latin ones.
func letter(r rune) string {
	const pairs = " ßss æae œoe øo đd ðd þth łl ħh ıi ŋng" +
		" αa βv γg δd εe ζz ηi θth ιi κk λl μm νn ξx οo πp ρr σs ςs τt υy φf χch ψps ωo" +
		" аa бb вv гg дd еe ёe жzh зz иi йi кk лl мm нn оo пp рr сs тt уu фf хkh цts чch шsh щshch ъ' ыy ь' эe юiu яia" +
		" іi їi єie ґg ўu ђdj јj љlj њnj ћc џdz "
	i := strings.Index(pairs, " "+string(r))
	if i < 0 {
		return ""
	}
	latin, _, _ := strings.Cut(pairs[i+1+len(string(r)):], " ")
	return strings.ReplaceAll(latin, "'", "")
}

// romanizeHangul follows the Revised Romanization without its changes of sound: a
// syllable is one of 19 initials, 21 vowels and 28 finals.
func romanizeHangul(syllable int) string {
	initials := strings.Split("g,kk,n,d,tt,r,m,b,pp,s,ss,,j,jj,ch,k,t,p,h", ",")
	vowels := strings.Split("a,ae,ya,yae,eo,e,yeo,ye,o,wa,wae,oe,yo,u,wo,we,wi,yu,eu,ui,i", ",")
	finals := strings.Split(",k,k,k,n,n,n,t,l,k,m,l,l,l,p,l,m,p,p,t,t,ng,t,t,k,t,p,t", ",")
	return initials[syllable/(21*28)] + vowels[syllable/28%21] + finals[syllable%28]
}

// kana follows Hepburn, from the small a on. Small letters are written like large ones.
func kana(index rune) string {
	sounds := strings.Fields("a a i i u u e e o o ka ga ki gi ku gu ke ge ko go sa za shi ji su zu se ze so zo " +
		"ta da chi ji tsu tsu zu te de to do na ni nu ne no ha ba pa hi bi pi fu bu pu he be pe ho bo po " +
		"ma mi mu me mo ya ya yu yu yo yo ra ri ru re ro wa wa i e o n vu")
	return sounds[index]
}

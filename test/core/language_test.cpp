#include "core/conversation/language.hpp"

#include <gtest/gtest.h>

namespace headway::core {
namespace {

struct Sample {
    const char* language;
    const char* text;
};

// A few sentences of a call each, as short as calls begin.
const Sample kSamples[] = {
    {"en", "Hi, this is Bob. We have a problem with the report, and I wish we could export it."},
    {"en", "Can you add an export? It would save us so much time when the month ends."},
    {"de", "Guten Tag, wir haben ein Problem mit dem Bericht. Können wir das nicht exportieren?"},
    {"de", "Die App ist sehr langsam, wenn ich auf die Karte gehe, und das nervt uns."},
    {"fr", "Bonjour, nous avons un problème avec le rapport et je ne peux pas l'exporter."},
    {"fr", "Ce serait bien si vous pouviez ajouter un export, on perd du temps chaque mois."},
    {"es", "Hola, tenemos un problema con el informe y no se puede exportar a Excel."},
    {"es", "Nos gustaría una versión para el móvil, porque los técnicos no están en la oficina."},
    {"it", "Buongiorno, abbiamo un problema con il rapporto e non si può esportare."},
    {"it", "Vorrei che si potesse anche scaricare la lista, ma non è possibile per noi."},
    {"pt", "Olá, nós temos um problema com o relatório e não é possível exportar para Excel."},
    {"pt", "Seria muito bom se você pudesse enviar isso por e-mail, mas não está funcionando."},
    {"nl", "Goedemiddag, we hebben een probleem met het rapport en ik kan het niet exporteren."},
    {"sv", "Hej, vi har ett problem med rapporten och det är inte möjligt att exportera den."},
    {"fi", "Hei, meillä on ongelma raportin kanssa, mutta se ei ole niin paha kuin ennen."},
    {"pl", "Dzień dobry, mamy problem z raportem i nie jest możliwe, że się go wyśle do Excela."},
    {"cs", "Dobrý den, máme problém s výkazem a když je to možné, tak by se nám hodil export."},
    {"tr", "Merhaba, bu rapor için bir sorun var ve biz daha çok zaman kaybediyoruz."},
    {"ru", "Здравствуйте, у нас проблема с отчётом, его нельзя выгрузить в Excel."},
    {"uk", "Добрий день, у нас є проблема зі звітом, його не можна вивантажити."},
    {"el", "Καλημέρα, έχουμε ένα πρόβλημα με την αναφορά."},
    {"he", "שלום, יש לנו בעיה עם הדוח."},
    {"ar", "مرحبا، لدينا مشكلة في التقرير ولا يمكن تصديره."},
    {"fa",
     "سلام، ما با گزارش مشکل داریم و نمی‌توانیم آن را "
     "چاپ "
     "کنیم."},
    {"hi", "नमस्ते, हमें रिपोर्ट के साथ एक समस्या है।"},
    {"th", "สวัสดีครับ เรามีปัญหากับรายงาน"},
    {"zh", "你好，我们的报告有问题，无法导出到表格。"},
    {"ja", "こんにちは、レポートに問題があり、エクスポートできません。"},
    {"ko", "안녕하세요, 보고서에 문제가 있어서 내보낼 수 없습니다."},
};

TEST(Language, IsToldFromAFewSentences) {
    for (const Sample& sample : kSamples)
        EXPECT_EQ(detect_language(sample.text), sample.language) << sample.text;
}

TEST(Language, NamesAndLoanWordsDoNotChangeIt) {
    EXPECT_EQ(detect_language("Wir nutzen Excel und das Dashboard, aber der Export nach Power BI "
                              "ist nicht so, wie wir es haben wollen. Sorry, the call dropped."),
              "de");
    EXPECT_EQ(detect_language("レポートをExcelにエクスポートしたい、Dashboardの画面から。"), "ja");
}

TEST(Language, NothingIsSaidOfWhatDoesNotTell) {
    for (const char* text : {"", "   ", "OK.", "Excel 2019", "12345 67890", "Jürgen? José!", "да"})
        EXPECT_EQ(detect_language(text), "") << text;
    EXPECT_EQ(detect_language("\xff\xfe broken bytes \x80"), "");
}

TEST(Language, OfALongTextTheBeginningIsEnough) {
    std::string text;
    for (int i = 0; i < 100'000; ++i) text += "we have the report and it is not what you can use ";
    EXPECT_EQ(detect_language(text), "en");
}

}  // namespace
}  // namespace headway::core

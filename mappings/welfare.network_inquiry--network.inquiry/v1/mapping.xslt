<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:welfare.network_inquiry:v1" xmlns="urn:renkei:network.inquiry:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:inquiry">
    <inquiry>
      <record_number><xsl:value-of select="i:record_number"/></record_number>
      <addressee_number><xsl:value-of select="i:addressee_number"/></addressee_number>
      <procedure><xsl:value-of select="i:procedure"/></procedure>
      <!-- a ward of a designated city (指定都市の区) is asked as its city -->
      <xsl:variable name="code" select="number(substring(i:region_code, 1, 5))"/>
      <xsl:variable name="body">
        <xsl:choose>
            <xsl:when test="$code &gt; 1100 and $code &lt;= 1110">01100</xsl:when>
            <xsl:when test="$code &gt; 4100 and $code &lt;= 4105">04100</xsl:when>
            <xsl:when test="$code &gt; 11100 and $code &lt;= 11110">11100</xsl:when>
            <xsl:when test="$code &gt; 12100 and $code &lt;= 12106">12100</xsl:when>
            <xsl:when test="$code &gt; 14100 and $code &lt;= 14118">14100</xsl:when>
            <xsl:when test="$code &gt; 14130 and $code &lt;= 14137">14130</xsl:when>
            <xsl:when test="$code &gt; 14150 and $code &lt;= 14153">14150</xsl:when>
            <xsl:when test="$code &gt; 15100 and $code &lt;= 15108">15100</xsl:when>
            <xsl:when test="$code &gt; 22100 and $code &lt;= 22103">22100</xsl:when>
            <xsl:when test="$code &gt; 22130 and $code &lt;= 22140">22130</xsl:when>
            <xsl:when test="$code &gt; 23100 and $code &lt;= 23116">23100</xsl:when>
            <xsl:when test="$code &gt; 26100 and $code &lt;= 26111">26100</xsl:when>
            <xsl:when test="$code &gt; 27100 and $code &lt;= 27128">27100</xsl:when>
            <xsl:when test="$code &gt; 27140 and $code &lt;= 27147">27140</xsl:when>
            <xsl:when test="$code &gt; 28100 and $code &lt;= 28111">28100</xsl:when>
            <xsl:when test="$code &gt; 33100 and $code &lt;= 33104">33100</xsl:when>
            <xsl:when test="$code &gt; 34100 and $code &lt;= 34108">34100</xsl:when>
            <xsl:when test="$code &gt; 40100 and $code &lt;= 40109">40100</xsl:when>
            <xsl:when test="$code &gt; 40130 and $code &lt;= 40137">40130</xsl:when>
            <xsl:when test="$code &gt; 43100 and $code &lt;= 43105">43100</xsl:when>
          <xsl:otherwise><xsl:value-of select="substring(i:region_code, 1, 5)"/></xsl:otherwise>
        </xsl:choose>
      </xsl:variable>
      <provider><xsl:value-of select="concat('00', $body, '000000000')"/></provider>
      <data_item><xsl:value-of select="i:data_item"/></data_item>
      <fiscal_year><xsl:value-of select="i:fiscal_year"/></fiscal_year>
      <requested_at><xsl:value-of select="i:requested_at"/></requested_at>
    </inquiry>
  </xsl:template>
</xsl:stylesheet>
